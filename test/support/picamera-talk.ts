import { LegacyReceiver, PacketReceiver } from '@pinhole/protocol/picamera';
import type { ScriptedChannel } from './scripted-channel.ts';

/** A request as generation A writes it. */
export const request = (type: number, message: string): string => JSON.stringify({ type, message });

/** Bodies that a client of generation A put together of what was sent. */
export function legacyBodies(channel: ScriptedChannel): { readonly type: number; readonly body: string }[] {
  const receiver = new LegacyReceiver();
  return channel.binary.flatMap((message) =>
    receiver
      .push(message, 0)
      .flatMap((event) =>
        event.kind === 'completed'
          ? [{ type: event.type, body: Buffer.from(event.body ?? []).toString() }]
          : [],
      ),
  );
}

/** The same of generations B and C; bodies in hexadecimal. */
export function packetBodies(channel: ScriptedChannel): { readonly type: number; readonly body: string }[] {
  const receiver = new PacketReceiver();
  return channel.binary.flatMap((message) =>
    receiver
      .push(message, 0)
      .events.flatMap((event) =>
        event.kind === 'completed'
          ? [{ type: event.type, body: Buffer.from(event.body ?? []).toString('hex') }]
          : [],
      ),
  );
}

/** What was said has been answered, where the answer waits for nothing outside. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};
