import { type Logger, messageOf, PinholeError } from '@pinhole/core';
import type { SourceState } from '@pinhole/engine';
import type { TransportOpener } from '@pinhole/webrtc';
import { RoomLinks } from '../rooms/room-links.ts';
import { openSource, parseSourceSpec, sourceInWords } from '../sources/source-spec.ts';
import type { CameraDevice } from './camera-device.ts';
import { shownAddress } from './shown-address.ts';

const PATIENCE_MS = 10_000;

/** Nobody publishes to a camera that is not served. */
const NO_PEERS: TransportOpener = {
  open: () => Promise.reject(new PinholeError('camera/not-live', 'the camera is not served')),
};

/**
 * Connects to a camera that nobody can list, one on the network, and tells what it says of itself.
 * @throws {PinholeError} `config/source` when the address is none
 */
export async function askedDevice(address: string, log: Logger): Promise<CameraDevice> {
  const spec = parseSourceSpec(address);
  const source = openSource(spec, {
    camera: 'asked',
    log,
    transports: NO_PEERS,
    outwardTransports: NO_PEERS,
    rooms: new RoomLinks(),
    audio: 'off',
  });
  const stop = new AbortController();
  const sizes = new Set<string>();
  let why = 'it did not answer in time';
  const live = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    stop.signal.addEventListener('abort', () => clearTimeout(timer));
    source.want?.(new Set(['pictures']));
    const sink = {
      write: () => resolve(true),
      picture: ({ width, height }: { readonly width: number; readonly height: number }) => {
        sizes.add(`${width}x${height}`);
        resolve(true);
      },
      state: (state: SourceState) => {
        if (state.kind === 'live') resolve(true);
        if (state.kind !== 'retrying' && state.kind !== 'failed') return;
        ({ why } = state);
        resolve(false);
      },
    };
    source.start(sink, { signal: stop.signal }).then(
      () => resolve(false),
      (thrown: unknown) => {
        why = messageOf(thrown);
        resolve(false);
      },
    );
  });
  const answered = await live;
  const device = {
    address: shownAddress(address),
    label: sourceInWords(spec),
    modes: [...sizes].map((size) => ({ size, rates: [] })),
    controls: answered ? source.controls() : [],
    ...(!answered && { problem: why }),
  };
  stop.abort();
  return device;
}
