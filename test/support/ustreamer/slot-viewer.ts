import type { AccessUnit, JpegPicture, MediaKind, SourceState } from '@pinhole/engine';
import {
  createUstreamerSource,
  type UstreamerSource,
  type UstreamerSourceOptions,
} from '@pinhole/sources/ustreamer';

/** A source of µStreamer that runs, and all that it gave. */
export interface SlotViewer {
  readonly source: UstreamerSource;
  readonly units: AccessUnit[];
  readonly pictures: JpegPicture[];
  readonly states: SourceState[];
  /** The last code, or the last kind where it has none. */
  state(): string | undefined;
  stop(): Promise<void>;
}

/** Starts a source without any server. */
export function watchSlot(options: UstreamerSourceOptions & { readonly wants?: MediaKind }): SlotViewer {
  const source = createUstreamerSource(options);
  const units: AccessUnit[] = [];
  const pictures: JpegPicture[] = [];
  const states: SourceState[] = [];
  const end = new AbortController();
  source.want(new Set([options.wants ?? 'units']));
  const ended = source
    .start(
      {
        write: (unit) => units.push(unit),
        picture: (picture) => pictures.push(picture),
        state: (state) => states.push(state),
      },
      { signal: end.signal },
    )
    .catch((thrown: unknown) => {
      states.push({ kind: 'failed', code: 'thrown', why: String(thrown) });
    });
  return {
    source,
    units,
    pictures,
    states,
    state: () => {
      const last = states.at(-1);
      return last && ('code' in last ? last.code : last.kind);
    },
    stop: async () => {
      end.abort();
      await ended;
    },
  };
}
