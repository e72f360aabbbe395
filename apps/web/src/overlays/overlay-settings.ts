/** What lies over the picture, as chosen for one camera in this browser. */
export interface OverlaySettings {
  readonly cross: boolean;
  readonly grid: boolean;
  /** Of cross and grid, in pixels of the screen. */
  readonly thickness: number;
  /** Of cross and grid, `#rrggbb`. */
  readonly colour: string;
  readonly peaking: boolean;
  /** How strong an edge has to be to be marked, 0 to 1. */
  readonly threshold: number;
  /** Of marked edges, `#rrggbb`. */
  readonly peakingColour: string;
}

/** Limits of the numbers among the settings. */
export const OVERLAY_LIMITS = {
  thickness: { min: 1, max: 10, step: 1 },
  threshold: { min: 0.01, max: 0.3, step: 0.005 },
} as const;

/** Nothing shown; thin and red when it is. */
export const DEFAULT_OVERLAYS: OverlaySettings = {
  cross: false,
  grid: false,
  thickness: 2,
  colour: '#ff0000',
  peaking: false,
  threshold: 0.055,
  peakingColour: '#ff0000',
};

const storedAs = (camera: string): string => `pinhole.overlays.${camera}`;

/** What this browser keeps for a camera; the defaults for whatever cannot be read. */
export function readOverlays(
  camera: string,
  storage: Pick<Storage, 'getItem'> = localStorage,
): OverlaySettings {
  let kept: Partial<Record<keyof OverlaySettings, unknown>>;
  try {
    const json: unknown = JSON.parse(storage.getItem(storedAs(camera)) ?? '{}');
    kept = typeof json === 'object' && json !== null ? json : {};
  } catch {
    kept = {};
  }
  const { thickness, threshold } = OVERLAY_LIMITS;
  return {
    cross: kept.cross === true,
    grid: kept.grid === true,
    thickness: within(kept.thickness, thickness) ?? DEFAULT_OVERLAYS.thickness,
    colour: colour(kept.colour) ?? DEFAULT_OVERLAYS.colour,
    peaking: kept.peaking === true,
    threshold: within(kept.threshold, threshold) ?? DEFAULT_OVERLAYS.threshold,
    peakingColour: colour(kept.peakingColour) ?? DEFAULT_OVERLAYS.peakingColour,
  };
}

/** Keeps them for this camera in this browser. */
export function keepOverlays(
  camera: string,
  settings: OverlaySettings,
  storage: Pick<Storage, 'setItem'> = localStorage,
): void {
  try {
    storage.setItem(storedAs(camera), JSON.stringify(settings));
  } catch {
    // Full, or forbidden: they hold until the page goes.
  }
}

const within = (
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined => (typeof value === 'number' && value >= min && value <= max ? value : undefined);

const colour = (value: unknown): string | undefined =>
  typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value) ? value : undefined;
