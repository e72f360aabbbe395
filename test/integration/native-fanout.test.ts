import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { NativeFanout, type NativeRun } from '@pinhole/native';
import { SRTP_PROFILE } from '@pinhole/webrtc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RtpPacket, SrtpSession } from 'werift';
import { descriptorOf } from '../support/descriptor-of.ts';
import { needs } from '../support/third-parties.ts';

const PACKETS = 10_000;
const FIRST = 65_536 - 5000;

/** The bytes of a packet, told by its index. */
const payloadAt = (index: number): Buffer =>
  Buffer.from(Array.from({ length: 900 }, (_, i) => (i * index) & 0xff));
const runAt = (firstIndex: number, packets: number): NativeRun => ({
  payloads: Array.from({ length: packets }, (_, i) => payloadAt(firstIndex + i)),
  firstIndex,
  timestamp: firstIndex,
  extension: new Uint8Array(0),
});

needs('g++').describe('packets of the native fan-out', () => {
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [createSocket('udp4'), createSocket({ type: 'udp4', recvBufferSize: 8_000_000 })];
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
  });
  afterEach(() => {
    for (const socket of sockets) socket.close();
  });

  describe.each([
    ['AES-CM with HMAC-SHA1', SRTP_PROFILE.aes128CmHmacSha1, 14],
    ['AES-GCM', SRTP_PROFILE.aeadAes128Gcm, 12],
  ] as const)('by %s', (_name, profile, saltBytes) => {
    it(`are read by another implementation, ${PACKETS} of them, while the sequence number wraps`, async () => {
      const [sender, receiver] = sockets as [Socket, Socket];
      const keys = {
        profile,
        masterKey: Uint8Array.from({ length: 16 }, (_, i) => i * 11),
        masterSalt: Uint8Array.from({ length: saltBytes }, (_, i) => 250 - i),
      };
      const [key, salt] = [Buffer.from(keys.masterKey), Buffer.from(keys.masterSalt)];
      const session = new SrtpSession({
        profile,
        keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
      });
      const fanout = NativeFanout.open();
      const viewer = fanout.openViewer({
        socket: fanout.openSocket(descriptorOf(sender)),
        address: '127.0.0.1',
        port: receiver.address().port,
        keys,
        ssrc: 0xdeadbeef,
        payloadType: 96,
      });
      let next = FIRST;
      const wrong: number[] = [];
      receiver.on('message', (datagram) => {
        const packet = RtpPacket.deSerialize(session.decrypt(datagram));
        if (packet.header.sequenceNumber !== (next & 0xffff) || !packet.payload.equals(payloadAt(next)))
          wrong.push(next);
        next++;
      });

      const perRun = 40;
      for (let index = FIRST; index < FIRST + PACKETS; index += perRun) {
        viewer.send(runAt(index, perRun));
        // As a camera does: what is sent at once has to fit into the receiver's buffer.
        while (index - next > 400) await setImmediate();
      }

      await expect.poll(() => next, { timeout: 10_000 }).toBe(FIRST + PACKETS);
      expect(wrong).toEqual([]);
      fanout.close();
    });
  });
});
