import { silentLogger } from '@pinhole/core';
import {
  createTransports,
  type DataChannel,
  openSrtpProtector,
  type RemoteSide,
  type WeriftTransport,
} from '@pinhole/webrtc';
import { afterEach, describe, expect, it } from 'vitest';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

/** One end, and what came to it. */
interface End {
  readonly transport: WeriftTransport;
  readonly told: string[];
  readonly rtcp: Uint8Array[];
  readonly rtp: Uint8Array[];
  readonly messages: string[];
  channel: DataChannel | undefined;
}

async function open(): Promise<End> {
  const transport = await createTransports({ hostAddresses: ['127.0.0.1'], log: silentLogger }).open();
  undo.push(() => transport.close());
  return { transport, told: [], rtcp: [], rtp: [], messages: [], channel: undefined };
}

/** Both ends know each other, as an offer and its answer would tell; what `of` is, is the part of the other. */
function start(
  end: End,
  other: End,
  of: Pick<RemoteSide, 'dtlsRole'> & { iceRole: 'controlling' | 'controlled' },
) {
  const { ice, fingerprint, candidates } = other.transport.local;
  end.transport.start(
    {
      ice: { ...ice, lite: false, role: of.iceRole },
      fingerprints: [fingerprint],
      ...(of.dtlsRole && { dtlsRole: of.dtlsRole }),
      channels: { sctpPort: 5000, maxMessageBytes: 65_536 },
    },
    {
      connected: () => end.told.push('connected'),
      closed: () => end.told.push('closed'),
      failed: (why) => end.told.push(why),
      rtcp: (datagram) => end.rtcp.push(datagram),
      rtp: (packet) => end.rtp.push(packet),
      negotiated: [{ id: 3, label: 'talk', ordered: true }],
      channelReady: (channel) => {
        end.channel = channel;
        channel.subscribe((message) => end.messages.push(String(message)));
      },
    },
  );
  for (const candidate of candidates) void end.transport.addRemoteCandidate(candidate);
}

/** A packet of RTP with three bytes of payload, as it travels. */
function sendRtp({ transport }: End): void {
  const protector = openSrtpProtector(transport.keys);
  const datagram = new Uint8Array(12 + 3 + protector.overheadBytes);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, 0x8060);
  view.setUint16(2, 7);
  view.setUint32(8, 0xcafe);
  protector.protect(datagram, { headerBytes: 12, payload: Uint8Array.of(1, 2, 3), index: 7, ssrc: 0xcafe });
  transport.datagrams.send(datagram);
}

const REPORT = Uint8Array.from([0x80, 0xc9, 0, 1, 0xca, 0xfe, 0xba, 0xbe]);

describe('two Pinholes', () => {
  it.each([
    ['the one that answered opens DTLS, the one that offered leads ICE', 'server', 'controlled'],
    ['the one that answered opens DTLS and leads ICE', 'server', 'controlling'],
    ['the one that offered opens DTLS and leads ICE', 'client', 'controlled'],
    ['the one that offered opens DTLS, the one that answered leads ICE', 'client', 'controlling'],
  ] as const)('connect where %s', async (_name, offeringRole, answeringIce) => {
    const [offering, answering] = [await open(), await open()];
    const opposite = {
      client: 'server',
      server: 'client',
      controlled: 'controlling',
      controlling: 'controlled',
    } as const;

    start(offering, answering, { dtlsRole: opposite[offeringRole], iceRole: answeringIce });
    start(answering, offering, { dtlsRole: offeringRole, iceRole: opposite[answeringIce] });

    const ends = [offering, answering];
    await expect.poll(() => ends.map(({ told }) => told)).toEqual([['connected'], ['connected']]);
    await expect.poll(() => ends.every(({ channel }) => channel)).toBe(true);
    for (const end of ends) {
      end.transport.sendRtcp(REPORT);
      sendRtp(end);
      end.channel?.send('hello');
    }
    for (const end of ends) {
      await expect.poll(() => end.rtcp).toEqual([REPORT]);
      await expect.poll(() => end.rtp.map((packet) => [...packet.subarray(12)])).toEqual([[1, 2, 3]]);
      await expect.poll(() => end.messages).toEqual(['hello']);
    }
    await offering.transport.close();
    await expect.poll(() => answering.told).toContain('closed');
    expect(answering.transport.counters).toMatchObject({ datagramsRefused: 0, channelMalformed: 0 });
  });

  it.each(['server', 'client'] as const)(
    'do not connect when one was told of another certificate, as the %s',
    async (role) => {
      const [one, other] = [await open(), await open()];
      const stranger = { algorithm: 'sha-256', value: '00:'.repeat(31).concat('00') };
      const lying: End = {
        ...other,
        transport: Object.create(other.transport, {
          local: { value: { ...other.transport.local, fingerprint: stranger } },
        }) as WeriftTransport,
      };

      start(one, lying, { dtlsRole: role === 'server' ? 'client' : 'server', iceRole: 'controlled' });
      start(other, one, { dtlsRole: role, iceRole: 'controlling' });

      await expect.poll(() => one.told).toEqual([expect.stringMatching(/dtls\/fingerprint/)]);
      expect(other.told).not.toContain('connected');
    },
  );
});
