import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classes, Message, methods } from 'werift';
import type { IceSocket } from './ice-socket.ts';
import { IceTcpListener } from './ice-tcp-listener.ts';
import { FrameReader, frameOf } from './tcp-frames.ts';

const LOOPBACK = '127.0.0.1';
const RTCP = Buffer.from('80c80000', 'hex');

let listener: IceTcpListener;
let port: number;
const peers: Socket[] = [];

beforeEach(async () => {
  listener = await IceTcpListener.open(LOOPBACK, 0);
  port = listener.port;
});

afterEach(async () => {
  vi.useRealTimers();
  for (const peer of peers.splice(0)) peer.destroy();
  await listener.close();
});

/** A connection, and the frames that come by it. */
async function dial(): Promise<{
  readonly socket: Socket;
  readonly frames: Buffer[];
  readonly send: (datagram: Buffer) => void;
}> {
  const socket = connect(port, LOOPBACK);
  peers.push(socket);
  await once(socket, 'connect');
  socket.on('error', () => {});
  const frames: Buffer[] = [];
  const reader = new FrameReader();
  socket.on('data', (bytes) => reader.read(bytes, (frame) => frames.push(frame)));
  return { socket, frames, send: (datagram) => void socket.write(frameOf(datagram)) };
}

function request(username: string, software = 'signed'): Buffer {
  const message = new Message(methods.BINDING, classes.REQUEST);
  return message.setAttribute('USERNAME', username).setAttribute('SOFTWARE', software).bytes;
}

/** An agent that takes every request with `signed` in it as its peer's. */
function join(ufrag: string): { readonly share: IceSocket; readonly heard: string[] } {
  const share = listener.join({ ufrag, connection: {} }, { address: LOOPBACK, port });
  const heard: string[] = [];
  share.listener = (datagram, [host]) => {
    heard.push(`${datagram.toString('hex', 0, 2)} ${host}`);
    return datagram.includes('signed');
  };
  return { share, heard };
}

const closed = (socket: Socket): Promise<unknown> => (socket.destroyed ? turn() : once(socket, 'close'));

describe('a peer by TCP', () => {
  it('is known by its first request, and heard and answered from then on', async () => {
    const [one, two] = [join('one'), join('two')];
    const { socket, frames, send } = await dial();

    send(request('two:peer'));
    send(RTCP);
    await vi.waitFor(() => expect(two.heard).toEqual([`0001 ${LOOPBACK}`, `80c8 ${LOOPBACK}`]));
    two.share.send(Buffer.from('answer'), LOOPBACK, socket.localPort ?? 0);
    two.share.send(Buffer.from('to nobody'), LOOPBACK, 1);

    await vi.waitFor(() => expect(frames.map(String)).toEqual(['answer']));
    expect(one.heard).toEqual([]);
    expect(listener.counters).toMatchObject({ claimed: 1, refused: 0, dropped: 0 });
    expect(listener.strangers).toBe(0);
  });

  it.each([
    ['names nobody here', request('nobody:peer')],
    ['names somebody and is not signed', request('one:peer', 'forged')],
    ['is no request', RTCP],
  ])('that %s is let go without an answer', async (_, first) => {
    join('one');
    const { socket, frames, send } = await dial();

    send(first);
    await closed(socket);

    expect(frames).toEqual([]);
    expect(listener.counters).toMatchObject({ claimed: 0, refused: 1 });
  });

  it('that says nothing for five seconds is let go', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket } = await dial();
    while (listener.strangers === 0) await turn();

    vi.advanceTimersByTime(5000);
    await closed(socket);

    expect(listener.counters.late).toBe(1);
    expect(listener.strangers).toBe(0);
  });

  it('finds its place among strangers, of whom sixteen of one address are kept, the youngest', async () => {
    const { heard } = join('one');
    const strangers: Awaited<ReturnType<typeof dial>>[] = [];
    for (let i = 0; i < 20; i++) strangers.push(await dial());
    await vi.waitFor(() => expect(listener.counters.crowded).toBe(4));
    expect(listener.strangers).toBe(16);

    const { send } = await dial();
    send(request('one:peer'));

    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(listener.counters).toMatchObject({ claimed: 1, crowded: 5 });
    await vi.waitFor(() => expect(strangers.map(({ socket }) => socket.destroyed).lastIndexOf(true)).toBe(4));
  });

  it('is let go when its agent is, though it goes on sending and takes nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { share } = join('one');
    const { socket, send } = await dial();
    send(request('one:peer'));
    while (listener.counters.claimed === 0) await turn();
    socket.pause();
    const to = [LOOPBACK, socket.localPort ?? 0] as const;
    // More than the system takes, so that what was sent is never all on its way.
    for (let i = 0; i < 100_000 && share.sendFailures === 0; i++) {
      share.send(Buffer.alloc(1200), ...to);
      if (i % 100 === 0) await turn();
    }

    await share.close();
    for (let ms = 0; ms < 1000; ms += 100) {
      send(RTCP);
      await turn();
      expect(socket.destroyed).toBe(false);
      vi.advanceTimersByTime(100);
    }
    // It still takes nothing: only what it sends shows it that it was let go.
    while (!socket.destroyed) {
      send(RTCP);
      await turn();
    }
  });

  it('keeps four connections, the latest', async () => {
    join('one');
    const dialed: Awaited<ReturnType<typeof dial>>[] = [];
    for (let i = 1; i <= 6; i++) {
      const one = await dial();
      dialed.push(one);
      one.send(request('one:peer'));
      await vi.waitFor(() => expect(listener.counters.claimed).toBe(i));
    }

    await vi.waitFor(() =>
      expect(dialed.map(({ socket }) => socket.destroyed)).toEqual([true, true, false, false, false, false]),
    );
  });

  it('is let go with its agent, and what was said before still comes', async () => {
    const { share, heard } = join('one');
    const { socket, frames, send } = await dial();
    send(request('one:peer'));
    await vi.waitFor(() => expect(heard).toHaveLength(1));

    share.send(Buffer.from('goodbye'), LOOPBACK, socket.localPort ?? 0);
    await share.close();
    await closed(socket);

    expect(frames.map(String)).toEqual(['goodbye']);
  });
});

describe('a peer by TCP that takes nothing', () => {
  it('is full once what waits is stale or too much, and the rest is dropped and counted', async () => {
    const { share, heard } = join('one');
    const { socket, send } = await dial();
    send(request('one:peer'));
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    socket.pause();
    const to = [LOOPBACK, socket.localPort ?? 0] as const;
    const datagram = Buffer.alloc(1200);

    // The system takes some megabytes before anything waits here.
    for (let i = 0; i < 100_000 && share.sendFailures === 0; i++) {
      share.send(datagram, ...to);
      if (i % 100 === 0) await turn();
    }

    expect(share.sendFailures).toBeGreaterThan(0);
    expect(listener.counters.dropped).toBe(share.sendFailures);
    expect(share.queuedBytes(to)).toBeGreaterThanOrEqual(2 ** 20);
    expect(share.queuedBytes(to)).toBeLessThanOrEqual(2 * 2 ** 20);
    expect(share.directPath(to)).toBeUndefined();
  });
});
