import type { Logger } from '@pinhole/core';
import { messageOf } from '@pinhole/core';
import { type OwnedFanout, openNativeFanout, typescriptFanout } from '@pinhole/outputs/webrtc';
import type { ServerConfig } from '../config/config-schema.ts';

const BY_TYPESCRIPT: OwnedFanout = { ...typescriptFanout, close: () => {} };
const MICROS_PER_MS = 1000;

/** What sends pictures by WebRTC: native code where it is there, TypeScript elsewhere, and the log says which. */
export function openFanout({ fanout }: ServerConfig['webrtc'], log: Logger): OwnedFanout {
  if (fanout.native === 'off') return BY_TYPESCRIPT;
  try {
    const native = openNativeFanout({
      threads: fanout.threads,
      burstPackets: fanout.burstPackets,
      spreadMicros: fanout.spreadMs * MICROS_PER_MS,
    });
    log.debug({ threads: fanout.threads }, 'WebRTC is sent by native code');
    return native;
  } catch (error) {
    log.info(
      { why: messageOf(error) },
      'WebRTC is sent by TypeScript, which costs about ten times as much: the native part is not there',
    );
    return BY_TYPESCRIPT;
  }
}
