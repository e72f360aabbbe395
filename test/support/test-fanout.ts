import { type OwnedFanout, openNativeFanout, typescriptFanout } from '@pinhole/outputs/webrtc';
import { afterAll } from 'vitest';

/** What sends. */
export type FanoutName = 'native' | 'typescript';

const opened = new Map<FanoutName, OwnedFanout>();

/**
 * The fan-out of a test that is about something else, one for all of a file: as `PINHOLE_FANOUT` says, `native` or
 * `typescript`, so that the same tests run on either; `usual` when it says nothing.
 */
export function testFanout(usual: FanoutName = 'typescript'): OwnedFanout {
  const name = wish() ?? usual;
  const fanout =
    opened.get(name) ?? (name === 'native' ? openNativeFanout() : { ...typescriptFanout, close: () => {} });
  opened.set(name, fanout);
  return fanout;
}

afterAll(() => {
  for (const fanout of opened.values()) fanout.close();
  opened.clear();
});

function wish(): FanoutName | undefined {
  const said = process.env['PINHOLE_FANOUT'] ?? '';
  if (said === '') return undefined;
  if (said === 'native' || said === 'typescript') return said;
  throw new Error(`PINHOLE_FANOUT=${said}: must be native or typescript`);
}
