/** By what means the picture comes, as a person chooses it. */
export const MODES = ['auto', 'webrtc', 'websocket', 'jpeg'] as const;

/** One of them. */
export type Mode = (typeof MODES)[number];

/** Degrees clockwise. */
export const TURNS = [0, 90, 180, 270] as const;

/** One of them. */
export type Turn = (typeof TURNS)[number];

/** How one camera is watched in this browser. */
export interface ViewSettings {
  readonly mode: Mode;
  readonly turn: Turn;
  /** Left and right are exchanged, before the picture is turned. */
  readonly mirrored: boolean;
  /** As large as the window allows, or a pixel of the picture for a pixel of the screen. */
  readonly size: 'fit' | 'original';
}

/** What holds until somebody chooses. */
export const DEFAULT_VIEW: ViewSettings = { mode: 'auto', turn: 0, mirrored: false, size: 'fit' };

const storedAs = (camera: string): string => `pinhole.view.${camera}`;

/** What this browser keeps for a camera; the defaults for whatever cannot be read. */
export function readView(camera: string, storage: Pick<Storage, 'getItem'> = localStorage): ViewSettings {
  let kept: Partial<Record<keyof ViewSettings, unknown>>;
  try {
    const json: unknown = JSON.parse(storage.getItem(storedAs(camera)) ?? '{}');
    kept = typeof json === 'object' && json !== null ? json : {};
  } catch {
    kept = {};
  }
  return {
    mode: MODES.find((mode) => mode === kept.mode) ?? DEFAULT_VIEW.mode,
    turn: TURNS.find((turn) => turn === kept.turn) ?? DEFAULT_VIEW.turn,
    mirrored: kept.mirrored === true,
    size: kept.size === 'original' ? 'original' : 'fit',
  };
}

/** Keeps it for this camera in this browser. */
export function keepView(
  camera: string,
  view: ViewSettings,
  storage: Pick<Storage, 'setItem'> = localStorage,
): void {
  try {
    storage.setItem(storedAs(camera), JSON.stringify(view));
  } catch {
    // Full, or forbidden: it holds until the page goes.
  }
}

/** A quarter turn further. */
export const turnedOn = (turn: Turn): Turn => TURNS[(TURNS.indexOf(turn) + 1) % TURNS.length] ?? 0;

/** Whether width and height are exchanged. */
export const isUpended = ({ turn }: Pick<ViewSettings, 'turn'>): boolean => turn % 180 !== 0;

/** Whether the picture is shown otherwise than it comes. */
export const isTurned = ({ turn, mirrored }: Pick<ViewSettings, 'turn' | 'mirrored'>): boolean =>
  turn !== 0 || mirrored;
