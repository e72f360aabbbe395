import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { micros, silentLogger } from '@pinhole/core';
import type { AccessUnit, ChannelViewer, MessagePipe, Peer, PeerEvent } from '@pinhole/engine';
import { nalUnits } from '@pinhole/media/h264';
import { H264Depacketizer, ntpToMicros } from '@pinhole/media/rtp';
import { createWeriftPeerFactory, type Fanout, typescriptFanout } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { crc32c, RTCPeerConnection, useH264 } from 'werift';
import { ClipCamera, encodeClip } from '../support/clip.ts';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';

const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

interface Session {
  readonly viewer: RtpViewer;
  readonly peer: Peer;
  readonly events: PeerEvent['kind'][];
  readonly channels: { readonly pipe: MessagePipe; readonly viewer: ChannelViewer }[];
}

const undo: (() => unknown)[] = [];

/** A viewer that is connected, of the camera's stream. */
async function openSession(camera: ClipCamera, options: { readonly fanout?: Fanout } = {}): Promise<Session> {
  const channels: Session['channels'] = [];
  const factory = createWeriftPeerFactory({
    ...options,
    now,
    log: silentLogger,
    onChannel: (pipe, viewer) => channels.push({ pipe, viewer }),
  });
  const viewer = new RtpViewer();
  const events: PeerEvent['kind'][] = [];
  const opened: Peer[] = [];
  await viewer.connect(async (offer) => {
    const peer = await factory.open({
      offer,
      stream: camera.stream,
      handle: ({ kind }) => events.push(kind),
    });
    opened.push(peer);
    return peer.answer;
  });
  const [peer] = opened;
  if (!peer) throw new Error('no peer');
  undo.push(
    () => peer.close(),
    () => viewer.close(),
  );
  await vi.waitFor(() => expect(events).toContain('connected'), { timeout: 5000 });
  return { viewer, peer, events, channels };
}

/** A camera that has made one picture. */
const openCamera = (options?: { readonly answersKeyFrameRequests: true }): ClipCamera => {
  const camera = new ClipCamera(encodeClip({ seconds: 2, gop: 30 }), { now, ...options });
  undo.push(() => camera.stop());
  // Offers are answered once the parameter sets are known.
  camera.step();
  return camera;
};

/** Steps the camera so often, a few milliseconds apart. */
async function stepTimes(camera: ClipCamera, times: number): Promise<AccessUnit[]> {
  const units: AccessUnit[] = [];
  for (let i = 0; i < times; i++) {
    units.push(camera.step());
    await wait(5);
  }
  return units;
}

/** Slices alone: parameter sets may be rewritten on the way, and delimiters are left out. */
const slicesOf = (nals: Iterable<Uint8Array>): string[] =>
  [...nals]
    .filter((nal) => ((nal[0] ?? 0) & 0x1f) <= 5)
    .map((nal) => `${nal.byteLength} bytes, ${createHash('sha1').update(nal).digest('hex')}`);

const pictures = ({ packets }: RtpViewer): number => packets.filter(({ marker }) => marker).length;

/** A fan-out that loses the packets at these places, the first time each is sent. */
const losing = (places: ReadonlySet<number>): Fanout => ({
  name: 'losing',
  open: (options) => {
    let place = 0;
    const path = {
      get queuedBytes() {
        return options.path.queuedBytes;
      },
      send: (datagram: Uint8Array) => {
        if (!places.has(place++)) options.path.send(datagram);
      },
    };
    return typescriptFanout.open({ ...options, path });
  },
});

const inOrder = ({ packets }: RtpViewer) =>
  packets.toSorted((a, b) => ((a.sequence - b.sequence) << 16) >> 16);

/** Sequence numbers missing between the first and the last. */
function lostSequences(viewer: RtpViewer): number[] {
  const lost: number[] = [];
  let last: number | undefined;
  for (const { sequence } of inOrder(viewer)) {
    for (let next = ((last ?? sequence - 1) + 1) & 0xffff; next !== sequence; next = (next + 1) & 0xffff)
      lost.push(next);
    last = sequence;
  }
  return lost;
}

const gaps = ({ packets }: RtpViewer): number =>
  packets.slice(1).filter(({ sequence }, i) => sequence !== ((packets[i]?.sequence ?? 0) + 1) % 0x10000)
    .length;

afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});
afterAll(endViewers);

needs('ffmpeg').describe('a viewer by libdatachannel', () => {
  it('gets every picture as the camera made it, from the cached key frame on', async () => {
    const camera = openCamera();
    const first = [...camera.stream.snapshotUnits()];
    const before = await stepTimes(camera, 9);

    const { viewer } = await openSession(camera);
    const after = await stepTimes(camera, 40);
    const sent = [...first, ...before, ...after];
    const depacketizer = new H264Depacketizer();
    await vi.waitFor(() => expect(pictures(viewer)).toBe(50));
    const received = viewer.packets.flatMap((packet) => depacketizer.push(packet) ?? []);

    expect(received.map((unit) => slicesOf(unit.nalUnits))).toEqual(
      sent.map(({ data }) => slicesOf(nalUnits(data))),
    );
    expect(gaps(viewer)).toBe(0);
  });

  it('gets the packets again that were lost on the way', async () => {
    const camera = openCamera();
    const { viewer, peer } = await openSession(camera, { fanout: losing(new Set([3, 20, 21, 60])) });
    const [first] = camera.stream.snapshotUnits();
    const sent = [...(first ? [first] : []), ...(await stepTimes(camera, 25))];
    await vi.waitFor(() => expect(pictures(viewer)).toBeGreaterThanOrEqual(25));
    const lost = lostSequences(viewer);

    viewer.report({
      kind: 'nack',
      senderSsrc: 1,
      mediaSsrc: viewer.ssrc,
      sequences: [...lost, lost[0] ?? 0],
    });

    expect(lost).toHaveLength(4);
    await vi.waitFor(() => expect(lostSequences(viewer)).toEqual([]));
    const depacketizer = new H264Depacketizer();
    const received = inOrder(viewer).flatMap((packet) => depacketizer.push(packet));
    expect(received.map((unit) => slicesOf(unit.nalUnits))).toEqual(
      sent.map(({ data }) => slicesOf(nalUnits(data))),
    );
    expect(peer.stats()).toMatchObject({ nacksReceived: 1, packetsResent: 5 });
  });

  it('is not answered for packets that it never got, or too long ago', async () => {
    const camera = openCamera();
    const { viewer, peer } = await openSession(camera);
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(4));
    const [oldest] = viewer.packets;
    const before = ((oldest?.sequence ?? 0) + 0x10000 - 1) % 0x10000;
    await wait(1100);
    await stepTimes(camera, 1);

    viewer.report({
      kind: 'nack',
      senderSsrc: 1,
      mediaSsrc: viewer.ssrc,
      sequences: [before, oldest?.sequence ?? 0],
    });

    await vi.waitFor(() => expect(peer.stats().nacksReceived).toBe(1));
    expect(peer.stats().packetsResent).toBe(0);
  });

  it('reaches the encoder with its wish for a key frame', async () => {
    const camera = openCamera({ answersKeyFrameRequests: true });
    await stepTimes(camera, 5);
    const { viewer, peer } = await openSession(camera);
    await stepTimes(camera, 40);
    await vi.waitFor(() => expect(viewer.packets).not.toEqual([]));
    const asked = camera.keyFramesRequested;
    await wait(600);

    viewer.report({ kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: viewer.ssrc });
    viewer.report({
      kind: 'full-intra-request',
      senderSsrc: 1,
      requests: [{ ssrc: viewer.ssrc, command: 1 }],
    });
    viewer.report({
      kind: 'full-intra-request',
      senderSsrc: 1,
      requests: [{ ssrc: viewer.ssrc, command: 1 }],
    });

    await vi.waitFor(() => expect(peer.stats().keyFramesRequested).toBe(2));
    expect(camera.keyFramesRequested).toBe(asked + 1);
  });

  it('gets the cached GOP once more when the camera makes no key frame on request', async () => {
    const camera = openCamera();
    const { viewer } = await openSession(camera);
    await stepTimes(camera, 10);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(11));
    const wish = { kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: viewer.ssrc } as const;

    viewer.report(wish); // too soon after the first replay
    await wait(2100);
    viewer.report(wish);
    viewer.report(wish); // too soon again
    await vi.waitFor(() => expect(pictures(viewer)).toBe(22));
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(25));

    const stamps = viewer.packets.filter(({ marker }) => marker).map(({ timestamp }) => timestamp);
    expect(stamps.every((stamp, i) => i === 0 || ((stamp - (stamps[i - 1] ?? 0)) | 0) > 0)).toBe(true);
    expect(gaps(viewer)).toBe(0);
  });

  it('learns from sender reports when a picture was captured', async () => {
    const camera = openCamera();
    const { viewer } = await openSession(camera);
    const [first] = camera.stream.snapshotUnits();
    const units = [...(first ? [first] : []), ...(await stepTimes(camera, 40))];
    await vi.waitFor(() => expect(pictures(viewer)).toBe(41));
    const report = await vi.waitFor(() => {
      const found = viewer.rtcp.find(({ kind }) => kind === 'sender-report');
      if (found?.kind !== 'sender-report') throw new Error('no report yet');
      return found;
    });
    const stamps = [...new Set(viewer.packets.map(({ timestamp }) => timestamp))];
    const captured = stamps.map(
      (stamp) => ntpToMicros(report.ntp) + (((stamp - report.rtpTimestamp) | 0) * 100) / 9,
    );

    expect(captured).toHaveLength(units.length);
    for (const [i, unit] of units.entries()) {
      expect(Math.abs((captured[i] ?? 0) - unit.captureTime)).toBeLessThan(100);
    }
    expect(viewer.rtcp).toContainEqual(
      expect.objectContaining({
        kind: 'source-description',
        sources: [{ ssrc: viewer.ssrc, cname: expect.any(String) }],
      }),
    );
  });

  it('sees no gap in the numbering after pictures were left out for it', async () => {
    const camera = openCamera();
    const { viewer, channels } = await openSession(camera);
    await vi.waitFor(() => expect(channels).toHaveLength(1));
    await stepTimes(camera, 10);

    channels[0]?.viewer.pause();
    await stepTimes(camera, 30);
    channels[0]?.viewer.resume();
    await stepTimes(camera, 5);

    // Eleven, then the GOP that began meanwhile (pictures 30 to 40), then five.
    await vi.waitFor(() => expect(pictures(viewer)).toBe(11 + 11 + 5));
    expect(gaps(viewer)).toBe(0);
  });

  it('talks on the data channel', async () => {
    const camera = openCamera();
    const { viewer, channels, events } = await openSession(camera);
    await vi.waitFor(() => expect(channels).toHaveLength(1));
    channels[0]?.pipe.subscribe((text) => channels[0]?.pipe.send(`heard ${text}`));

    viewer.channel.sendMessage('hello');

    await vi.waitFor(() => expect(viewer.messages).toEqual(['heard hello']));
    expect(events).toContain('heard');
  });

  it('is known to have left when it closes', async () => {
    const { viewer, events } = await openSession(openCamera());
    await wait(50);

    viewer.close();

    await vi.waitFor(() => expect(events.at(-1)).toBe('left'));
  });

  it('is told when we close', async () => {
    const camera = openCamera();
    const { viewer, peer, channels } = await openSession(camera);
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(viewer.packets).not.toEqual([]));
    await vi.waitFor(() => expect(channels).toHaveLength(1));
    const closed = vi.fn<() => void>();
    channels[0]?.pipe.closed(closed);

    await peer.close();
    await peer.close();

    await vi.waitFor(() => expect(viewer.rtcp.at(-1)?.kind).toBe('bye'));
    await vi.waitFor(() => expect(viewer.states).toContain('closed'));
    expect(closed).toHaveBeenCalledOnce();
    expect(channels[0]?.pipe.send('too late')).toBe(false);
    expect(camera.stream.readers).toBe(0);
  });
});

describe('a viewer that is not who it says', () => {
  it('gets nothing: its certificate has another fingerprint than its offer', async () => {
    const camera = openCamera();
    const factory = createWeriftPeerFactory({ now, log: silentLogger });
    const viewer = new RtpViewer();
    const events: PeerEvent[] = [];
    undo.push(() => viewer.close());

    await viewer.connect(async (offer) => {
      const forged = offer.replace(
        /(a=fingerprint:sha-256 )../,
        `$1${/sha-256 00/.test(offer) ? '01' : '00'}`,
      );
      const peer = await factory.open({
        offer: forged,
        stream: camera.stream,
        handle: (event) => events.push(event),
      });
      undo.push(() => peer.close());
      return peer.answer;
    });

    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: 'failed' }), { timeout: 5000 });
    expect(events).toHaveLength(1);
    expect(camera.stream.readers).toBe(0);
    expect(viewer.packets).toEqual([]);
  });
});

/** A viewer by werift, which can be made to send what no browser sends. */
async function openOddSession(camera: ClipCamera) {
  const factory = createWeriftPeerFactory({ now, log: silentLogger, hostAddresses: ['127.0.0.1'] });
  const viewer = new RTCPeerConnection({
    iceServers: [],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    codecs: {
      video: [
        useH264({ parameters: 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1' }),
      ],
    },
  });
  undo.push(() => viewer.close());
  viewer.addTransceiver('video', { direction: 'recvonly' });
  const channel = viewer.createDataChannel('pinhole');
  for (const { connection } of viewer.iceTransports) delete connection.stunServer;
  await viewer.setLocalDescription(await viewer.createOffer());
  const events: PeerEvent['kind'][] = [];
  const peer = await factory.open({
    offer: viewer.localDescription?.sdp ?? '',
    stream: camera.stream,
    handle: ({ kind }) => events.push(kind),
  });
  undo.push(() => peer.close());
  await viewer.setRemoteDescription({ type: 'answer', sdp: peer.answer });
  await vi.waitFor(() => expect(channel.readyState).toBe('open'), { timeout: 8000 });
  const [dtls] = viewer.dtlsTransports;
  return { viewer, channel, dtls, peer, events };
}

describe('a viewer that breaks the rules', () => {
  it('harms nobody with broken SCTP, messages for channels that are not there, or broken RTCP', async () => {
    const { viewer, channel, dtls, peer, events } = await openOddSession(openCamera());

    await dtls?.sendData(Buffer.from('no SCTP at all'));
    await dtls?.sendData(Buffer.alloc(0));
    // DATA_CHANNEL_ACK for a stream that nobody opened, and a payload protocol that nobody knows.
    await viewer.sctpTransport?.sctp.send(17, 50, Buffer.from([2]), { ordered: true });
    await viewer.sctpTransport?.sctp.send(channel.id, 99, Buffer.from('?'), { ordered: true });
    const broken = dtls?.srtcp.encrypt(Buffer.from('81c9ffff00000001', 'hex'));
    if (broken) await dtls?.iceTransport.connection.send(broken);

    await vi.waitFor(() => expect(peer.stats()).toMatchObject({ rtcpMalformed: 1, channelMalformed: 4 }));
    expect(events).toEqual(['connected', 'heard']);
  });

  it('stops nothing by SCTP packets that would take for ever to read', async () => {
    const { viewer, channel, dtls, peer } = await openOddSession(openCamera());
    const malformed = peer.stats().channelMalformed ?? 0;
    const association = viewer.sctpTransport?.sctp as { remoteVerificationTag: number } | undefined;
    const tag = association?.remoteVerificationTag ?? 0;
    const send = async (chunk: string): Promise<void> => {
      const packet = Buffer.concat([
        Buffer.from('138813880000000000000000', 'hex'),
        Buffer.from(chunk, 'hex'),
      ]);
      packet.writeUInt32BE(tag, 4);
      packet.writeUInt32LE(crc32c(packet), 8);
      await dtls?.sendData(packet);
    };

    await send('0b000000'); // a chunk of length zero
    await send('0400000800010000'); // a parameter of length zero
    await send(`030004bc0000000000100000012b0000${'0001ffff'.repeat(299)}`); // a SACK of 20 million chunks

    await vi.waitFor(() => expect(peer.stats().channelMalformed).toBe(malformed + 3));
    expect(channel.readyState).toBe('open');
  });

  it('is not ended by records that anybody could have made', async () => {
    const { channel, dtls, peer, events } = await openOddSession(openCamera());
    const path = dtls?.iceTransport.connection;
    const unknownType = '18fefd0001000000000001000100';
    const closeNotify = '15fefd000000000000000200020100';

    await path?.send(Buffer.from(unknownType, 'hex'));
    await path?.send(Buffer.from(closeNotify, 'hex'));
    await path?.send(Buffer.from(`17fefd0001000000000001000100${closeNotify}`, 'hex'));

    // What comes after them is still taken.
    await dtls?.sendData(Buffer.from('no SCTP, but encrypted'));
    await vi.waitFor(() => expect(peer.stats().channelMalformed).toBeGreaterThan(0));
    expect(events).not.toContain('left');
    expect(channel.readyState).toBe('open');
  });

  it('gets no more than a few channels', async () => {
    const { viewer, channel, peer, events } = await openOddSession(openCamera());
    const malformed = peer.stats().channelMalformed ?? 0;

    const more = Array.from({ length: 10 }, (_, i) => viewer.createDataChannel(`more-${i}`));

    // Eight of them, one of which is the first.
    await vi.waitFor(() => expect(peer.stats().channelMalformed).toBe(malformed + 3));
    expect(more.filter(({ readyState }) => readyState === 'open')).toHaveLength(7);
    expect(channel.readyState).toBe('open');
    expect(events).not.toContain('left');
  });
});

describe('strangers', () => {
  it('are counted and not listened to: datagrams that are neither STUN nor encrypted', async () => {
    const { peer, events } = await openSession(openCamera());
    const stranger = createSocket('udp4');
    undo.push(() => stranger.close());
    const candidates = [...peer.answer.matchAll(/udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/g)];
    const refused = peer.stats().datagramsRefused ?? 0;

    for (const [, address, port] of candidates) {
      // DTLS records of content types that nobody knows, in the clear and as if encrypted.
      for (const record of ['01fefd0000000000000001000100', '01fefd0001000000000001000100', '02']) {
        stranger.send(Buffer.from(record, 'hex'), Number(port), address);
      }
    }

    await vi.waitFor(() => expect(peer.stats().datagramsRefused).toBe(refused + 3 * candidates.length));
    expect(events).not.toContain('left');
  });

  it('are not answered: STUN that is not signed, DTLS and RTCP from elsewhere', async () => {
    const camera = openCamera();
    const factory = createWeriftPeerFactory({ now, log: silentLogger, hostAddresses: ['127.0.0.1'] });
    const peer = await factory.open({
      offer: await recordedOffer(),
      stream: camera.stream,
      handle: () => {},
    });
    undo.push(() => peer.close());
    const port = Number(/127\.0\.0\.1 (\d+) typ host/.exec(peer.answer)?.[1]);
    const stranger = createSocket('udp4');
    undo.push(() => stranger.close());
    let answers = 0;
    stranger.on('message', () => answers++);
    const binding = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');

    for (const datagram of [
      binding,
      Buffer.from('16fefd0000', 'hex'),
      Buffer.from('81c90001', 'hex'),
      Buffer.alloc(0),
    ]) {
      stranger.send(datagram, port, '127.0.0.1');
    }

    await vi.waitFor(() => expect(peer.stats().datagramsRefused).toBe(4));
    await wait(100);
    expect(answers).toBe(0);
  });
});

describe('fifty offers that nobody follows up', () => {
  it('leave no socket and no timer behind', async () => {
    const camera = openCamera();
    const factory = createWeriftPeerFactory({ now, log: silentLogger, hostAddresses: ['127.0.0.1'] });
    const offer = await recordedOffer();
    const open = () => factory.open({ offer, stream: camera.stream, handle: () => {} });
    await (await open()).close();
    await wait(500);
    const base = { files: openFiles(), timers: timers() };

    const peers = await Promise.all(Array.from({ length: 50 }, open));
    const files = openFiles();
    await Promise.all(peers.map((peer) => peer.close()));

    expect(files).toBeGreaterThanOrEqual(base.files + 50);
    // The checks that werift had under way notice within some milliseconds.
    await wait(500);
    expect({ files: openFiles(), timers: timers() }).toEqual(base);
  });
});

const openFiles = (): number => readdirSync('/proc/self/fd').length;

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

function recordedOffer(): Promise<string> {
  return readFile(
    new URL('../../packages/media/src/sdp/fixtures/chromium-156.offer.sdp', import.meta.url),
    'utf8',
  );
}
