import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { silentLogger } from '@pinhole/core';
import { createWeriftPeerFactory, openNativeFanout, typescriptFanout } from '@pinhole/outputs/webrtc';
import { createTransports, SharedPort, type SharedPortOptions } from '@pinhole/webrtc';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classes, Message, methods } from 'werift';
import { endViewers } from '../support/rtp-viewer.ts';
import { testFanout } from '../support/test-fanout.ts';
import {
  now,
  openCamera,
  openSession,
  pictures,
  stepTimes,
  undo,
  undoAll,
} from '../support/webrtc-session.ts';

const LOOPBACK = '127.0.0.1';
const RTCP = Buffer.from('81c9000100000001', 'hex');
const DTLS = Buffer.from('16fefd0000000000000000000100', 'hex');

let shared: SharedPort;
beforeEach(async () => {
  shared = await openPort();
});
afterEach(async () => {
  await undoAll();
  await shared.close();
});
afterAll(endViewers);

const openPort = (options: Partial<SharedPortOptions> = {}): Promise<SharedPort> =>
  SharedPort.open({ port: 0, addresses: [LOOPBACK], log: silentLogger, ...options });

const candidatesOf = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=candidate:\S+ 1 (\w+) \d+ (\S+ \d+) typ host(?: (.*?))?\r?$/gm)].map(([, ...words]) =>
    words.filter((word) => word !== undefined).join(' '),
  );

/** Where the answer says that a viewer is to send to. */
function doorOf(answer: string): { readonly address: string; readonly ufrag: string } {
  const [, address = ''] = /udp \d+ (\d+\.\d+\.\d+\.\d+) \d+ typ host/.exec(answer) ?? [];
  const [, ufrag = ''] = /a=ice-ufrag:(\S+)/.exec(answer) ?? [];
  return { address, ufrag };
}

/** Somebody with a socket of their own. */
async function openStranger(): Promise<{ readonly socket: Socket; readonly heard: Buffer[] }> {
  const socket = createSocket('udp4');
  undo.push(() => socket.close());
  socket.bind(0);
  await once(socket, 'listening');
  const heard: Buffer[] = [];
  socket.on('message', (datagram) => heard.push(datagram));
  return { socket, heard };
}

/** A connectivity check. */
function check(username: string, password?: string): Buffer {
  const message = new Message(methods.BINDING, classes.REQUEST);
  message.setAttribute('USERNAME', username).setAttribute('PRIORITY', 1);
  message.setAttribute('ICE-CONTROLLING', randomBytes(8).readBigUInt64BE());
  if (password !== undefined) message.addMessageIntegrity(Buffer.from(password));
  return message.addFingerprint().bytes;
}

describe('the port of all viewers', () => {
  it('is the one that each is told, by UDP and TCP, also at announced addresses', async () => {
    const factory = createWeriftPeerFactory({
      fanout: testFanout(),
      hostAddresses: [LOOPBACK, '::1'],
      announcedAddresses: ['203.0.113.7'],
      sharedPort: shared,
      now,
      log: silentLogger,
    });
    const camera = openCamera();
    const offers = await Promise.all([factory.offer(offered(camera)), factory.offer(offered(camera))]);
    undo.push(...offers.map((peer) => () => peer.close()));

    for (const { offer } of offers) {
      expect(candidatesOf(offer).toSorted()).toEqual([
        `tcp 127.0.0.1 ${shared.port} tcptype passive`,
        `tcp 203.0.113.7 ${shared.port} tcptype passive`,
        `tcp ::1 ${shared.port} tcptype passive`,
        `udp 127.0.0.1 ${shared.port}`,
        `udp 203.0.113.7 ${shared.port}`,
        `udp ::1 ${shared.port}`,
      ]);
    }
  });

  it.each(['native', 'TypeScript'] as const)('brings each its own pictures, sent by %s', async (by) => {
    const fanout = by === 'native' ? openNativeFanout() : { ...typescriptFanout, close: () => {} };
    const camera = openCamera();
    const options = { sharedPort: shared, fanout };
    const sessions = [await openSession(camera, options), await openSession(camera, options)];
    await stepTimes(camera, 20);
    await sessions[0]?.peer.close();
    await stepTimes(camera, 20);

    const [first, second] = sessions;
    await vi.waitFor(() => expect(second && pictures(second.viewer)).toBe(41));
    expect(first && pictures(first.viewer)).toBe(21);
    expect(second?.peer.stats()).toMatchObject({ sendFailures: 0, datagramsRefused: 0 });
    expect(second?.viewer.datagrams.every((datagram) => datagram.byteLength > 12)).toBe(true);
    fanout.close();
  });

  it('hears each for itself: reports and key frame requests reach the right one', async () => {
    const camera = openCamera({ answersKeyFrameRequests: true });
    const [asking, silent] = [
      await openSession(camera, { sharedPort: shared }),
      await openSession(camera, { sharedPort: shared }),
    ];
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(pictures(asking.viewer)).toBeGreaterThan(0));

    asking.viewer.report({ kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: asking.viewer.ssrc });

    await vi.waitFor(() => expect(asking.peer.stats().keyFramesRequested).toBe(1));
    expect(silent.peer.stats().keyFramesRequested).toBe(0);
  });

  it('takes no descriptor for a viewer more', async () => {
    const fanout = openNativeFanout();
    const factory = createWeriftPeerFactory({
      hostAddresses: [LOOPBACK],
      sharedPort: shared,
      fanout,
      now,
      log: silentLogger,
    });
    const camera = openCamera();
    await (await factory.offer(offered(camera))).close();
    const before = readdirSync('/proc/self/fd').length;

    const peers = await Promise.all(Array.from({ length: 50 }, () => factory.offer(offered(camera))));

    expect(readdirSync('/proc/self/fd').length).toBe(before);
    expect(shared.members).toBe(50);
    await Promise.all(peers.map((peer) => peer.close()));
    expect(shared.members).toBe(0);
    fanout.close();
  });
});

describe('strangers at the port of all viewers', () => {
  it('are counted and never answered, whatever they send', async () => {
    const camera = openCamera();
    const { peer } = await openSession(camera, { sharedPort: shared });
    const { socket, heard } = await openStranger();
    const { address, ufrag } = doorOf(peer.answer);
    const { unknownDatagrams, unprovenDatagrams } = shared.counters;
    const response = new Message(methods.BINDING, classes.RESPONSE).bytes;

    for (const datagram of [RTCP, DTLS, response, Buffer.alloc(0), check('nobody:else', 'password')]) {
      socket.send(datagram, shared.port, address);
    }
    for (const datagram of [check(`${ufrag}:viewer`), check(`${ufrag}:viewer`, 'not the password')]) {
      socket.send(datagram, shared.port, address);
    }

    await vi.waitFor(() => {
      expect(shared.counters.unknownDatagrams).toBe(unknownDatagrams + 5);
      expect(shared.counters.unprovenDatagrams).toBe(unprovenDatagrams + 2);
    });
    expect(heard).toEqual([]);
  });

  it('take nothing away from a viewer by what they send in its name', async () => {
    const camera = openCamera();
    const { viewer, peer, events } = await openSession(camera, { sharedPort: shared });
    const { socket } = await openStranger();
    const { address, ufrag } = doorOf(peer.answer);
    for (let i = 0; i < 20; i++)
      socket.send(check(`${ufrag}:viewer`, 'not the password'), shared.port, address);
    for (let i = 0; i < 20; i++) socket.send(RTCP, shared.port, address);

    await stepTimes(camera, 10);

    await vi.waitFor(() => expect(pictures(viewer)).toBe(11));
    expect(events).not.toContain('left');
    expect(peer.stats().rtcpMalformed).toBe(0);
  });

  it('move no viewer by a signed check of another one', async () => {
    const camera = openCamera();
    const { viewer, peer } = await openSession(camera, { sharedPort: shared });
    const other = await createTransports({
      hostAddresses: [LOOPBACK],
      sharedPort: shared,
      log: silentLogger,
    }).open();
    undo.push(() => other.close());
    const { socket, heard } = await openStranger();
    const { ufrag, password } = other.local.ice;

    socket.send(check(`${ufrag}:viewer`, password), shared.port, LOOPBACK);
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    await stepTimes(camera, 10);

    await vi.waitFor(() => expect(pictures(viewer)).toBe(11));
    viewer.report({ kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: viewer.ssrc });
    await vi.waitFor(() => expect(peer.stats().keyFramesRequested).toBe(1));
  });
});

describe('a port that another program has', () => {
  it('is refused when somebody named it', async () => {
    const port = await taken('udp');

    await expect(openPort({ port })).rejects.toMatchObject({
      code: 'webrtc/port-taken',
      message: expect.stringContaining(`webrtc.port: ${port} is taken`) as string,
    });
  });

  it('is used without TCP when that alone is taken', async () => {
    const port = await taken('tcp');
    const opened = await openPort({ port });
    const transport = await createTransports({
      hostAddresses: [LOOPBACK],
      sharedPort: opened,
      log: silentLogger,
    }).open();
    undo.push(() => transport.close().then(() => opened.close()));

    expect(transport.local.candidates).toMatchObject([{ transport: 'udp', address: LOOPBACK, port }]);
  });

  it('gives way to one that is free at all addresses when nobody did, with a warning that names both', async () => {
    const port = await taken('udp');
    const warned: string[] = [];
    const log = { ...silentLogger, warn: (_: unknown, message: string) => void warned.push(message) };

    const opened = await openPort({ port, whenTaken: 'take-another', addresses: [LOOPBACK, '::1'], log });
    undo.push(() => opened.close());

    expect(opened.port).not.toBe(port);
    expect(warned).toEqual([
      expect.stringMatching(
        new RegExp(`port ${port} is taken by another program, WebRTC uses ${opened.port} `),
      ),
    ]);
  });
});

const offered = ({ stream }: ReturnType<typeof openCamera>) => ({ stream, handle: () => {} });

/** A port that somebody else has. */
async function taken(transport: 'udp' | 'tcp'): Promise<number> {
  if (transport === 'udp') {
    const { socket } = await openStranger();
    return socket.address().port;
  }
  const server = createServer().listen(0, LOOPBACK);
  undo.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as { readonly port: number }).port;
}
