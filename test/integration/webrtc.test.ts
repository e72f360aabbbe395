import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { silentLogger } from '@pinhole/core';
import type { PeerEvent } from '@pinhole/engine';
import { createWeriftPeerFactory } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { crc32c, RTCPeerConnection, useH264 } from 'werift';
import type { ClipCamera } from '../support/clip.ts';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { testFanout } from '../support/test-fanout.ts';
import { now, openCamera, openSession, undo, undoAll } from '../support/webrtc-session.ts';

afterEach(undoAll);
afterAll(endViewers);

describe('a viewer that is not who it says', () => {
  it('gets nothing: its certificate has another fingerprint than its offer', async () => {
    const camera = openCamera();
    const factory = createWeriftPeerFactory({ fanout: testFanout(), now, log: silentLogger });
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
  const factory = createWeriftPeerFactory({
    fanout: testFanout(),
    now,
    log: silentLogger,
    hostAddresses: ['127.0.0.1'],
  });
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
    const factory = createWeriftPeerFactory({
      fanout: testFanout(),
      now,
      log: silentLogger,
      hostAddresses: ['127.0.0.1'],
    });
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
    const factory = createWeriftPeerFactory({
      fanout: testFanout(),
      now,
      log: silentLogger,
      hostAddresses: ['127.0.0.1'],
    });
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
