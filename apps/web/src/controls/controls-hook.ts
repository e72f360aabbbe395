import type { ControlsState, ControlValue, LiveControls } from '@pinhole/client/controls';
import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/compat';
import { say } from '../components/toast.tsx';
import type { LiveCamera } from '../live-player-hook.ts';
import { token } from '../session/token.ts';

/** The controls of the camera on the page. */
export interface CameraControls {
  /** Undefined before the server told. */
  readonly state: Signal<ControlsState | undefined>;
  /** Why the last change of a control was not made, in words. */
  readonly faults: Signal<ReadonlyMap<string, string>>;
  set(id: string, value: ControlValue): Promise<void>;
  reset(id?: string): void;
  keep(): void;
  revert(): void;
}

/** Follows the controls of a player's camera while the component is on the page. */
export function useControls(camera: string, live: LiveCamera): CameraControls {
  const controls = useMemo(() => new PageControls(), []);
  useEffect(() => {
    let closed = false;
    const { current: player } = live.player;
    // Loaded beside the picture, not before it.
    if (player) {
      void import('@pinhole/client/controls').then(({ LiveControls }) => {
        if (!closed) controls.open(new LiveControls(player));
      });
    }
    return () => {
      closed = true;
      controls.close();
    };
  }, [camera, token.value, live.player, controls]);
  return controls;
}

class PageControls implements CameraControls {
  readonly state = signal<ControlsState | undefined>(undefined);
  readonly faults = signal<ReadonlyMap<string, string>>(new Map());
  #opened: LiveControls | undefined;

  open(opened: LiveControls): void {
    this.#opened = opened;
    this.state.value = opened.state;
    opened.on('state', (state) => {
      this.state.value = state;
    });
  }

  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
    this.state.value = undefined;
    this.faults.value = new Map();
  }

  async set(id: string, value: ControlValue): Promise<void> {
    try {
      await this.#opened?.set(id, value);
      this.#note(id);
    } catch (error) {
      this.#note(id, wordsOf(error));
    }
  }

  reset(id?: string): void {
    this.#opened?.reset(id).then(() => this.#note(id ?? ''), refuse);
    if (id === undefined) this.faults.value = new Map();
  }

  keep(): void {
    this.#opened?.keep().catch(refuse);
  }

  revert(): void {
    this.#opened?.revert().catch(refuse);
  }

  #note(id: string, fault?: string): void {
    const faults = new Map(this.faults.value);
    if (fault === undefined) faults.delete(id);
    else faults.set(id, fault);
    this.faults.value = faults;
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const refuse = (error: unknown): void => say(wordsOf(error));
