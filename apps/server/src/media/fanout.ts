import type { Logger } from '@pinhole/core';
import { messageOf } from '@pinhole/core';
import {
  type OwnedFanout,
  openNativeFanout,
  type RtpSender,
  typescriptFanout,
} from '@pinhole/outputs/webrtc';
import type { ServerConfig } from '../config/config-schema.ts';

const MICROS_PER_MS = 1000;

/** What sends pictures by WebRTC: native code where it is there, TypeScript elsewhere, and the log says which. */
export function openFanout({ fanout }: ServerConfig['webrtc'], log: Logger): OwnedFanout {
  if (fanout.native === 'off') return byTypescript();
  try {
    const native = openNativeFanout({
      threads: fanout.threads,
      burstPackets: fanout.burstPackets,
      ...(fanout.spreadMs !== undefined && { spreadMicros: fanout.spreadMs * MICROS_PER_MS }),
    });
    log.info({ threads: fanout.threads }, 'WebRTC is sent by native code');
    return native;
  } catch (error) {
    log.info(
      { why: messageOf(error) },
      'WebRTC is sent by TypeScript, which costs about five times as much: the native part is not there',
    );
    return byTypescript();
  }
}

/** TypeScript's, which knows how many it serves. */
function byTypescript(): OwnedFanout {
  const open = new Set<RtpSender>();
  return {
    name: typescriptFanout.name,
    get senders() {
      return open.size;
    },
    open: (options) => {
      const sender = typescriptFanout.open(options);
      const counted: RtpSender = {
        send: (run) => sender.send(run),
        resend: (run, position) => sender.resend(run, position),
        close: () => {
          open.delete(counted);
          sender.close();
        },
      };
      open.add(counted);
      return counted;
    },
    close: () => {},
  };
}
