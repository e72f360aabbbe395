import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { classes, Message, methods, parseMessage } from 'werift';
import { Relay } from './relay.ts';

const RELAYED = ['192.0.2.7', 50_000] as const;
const OWN = { generation: 0, ufrag: 'ours' } as const;
const ACCOUNT = { username: 'name', credential: 'word' } as const;

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A TURN server that grants everything for `lifetimes` of seconds, one after the other, or says nothing. */
async function turnServer(lifetimes: readonly number[]) {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const asked: { readonly method: number; readonly seconds: unknown }[] = [];
  socket.on('message', (datagram, { address, port }) => {
    const request = parseMessage(datagram);
    if (!request) return;
    const { messageMethod: method, transactionId } = request;
    asked.push({ method, seconds: request.getAttributeValue('LIFETIME') });
    const lifetime = lifetimes[asked.length - 1];
    if (lifetime === undefined) return;
    const answer = new Message(method, classes.RESPONSE, transactionId)
      .setAttribute('LIFETIME', lifetime)
      .setAttribute('XOR-RELAYED-ADDRESS', RELAYED)
      .setAttribute('XOR-MAPPED-ADDRESS', [address, port]);
    socket.send(answer.bytes, port, address);
  });
  return { address: ['127.0.0.1', socket.address().port] as const, asked };
}

describe('a relay', () => {
  it('is a candidate, asked for again before it runs out, and given back', async () => {
    const { address, asked } = await turnServer([1, 600, 0]);

    const relay = await Relay.open({ address, ...ACCOUNT, transport: 'udp' }, OWN);
    expect(relay.protocol.localCandidate).toMatchObject({
      type: 'relay',
      transport: 'udp',
      host: RELAYED[0],
      port: RELAYED[1],
      relatedAddress: '127.0.0.1',
      ufrag: 'ours',
    });
    await vi.waitFor(() => expect(asked).toHaveLength(2), { timeout: 5000 });
    await Promise.all([relay.release(), relay.release()]);

    expect(asked).toEqual([
      { method: methods.ALLOCATE, seconds: 600 },
      { method: methods.REFRESH, seconds: 600 },
      { method: methods.REFRESH, seconds: 0 },
    ]);
  });

  it('is left to run out where the server does not answer any more', async () => {
    const { address, asked } = await turnServer([600]);
    const relay = await Relay.open({ address, ...ACCOUNT, transport: 'udp' }, OWN);

    await relay.release();

    expect(asked[1]).toEqual({ method: methods.REFRESH, seconds: 0 });
  });

  it('of a server that does not answer by UDP is asked for by TCP, and refused as that refuses', async () => {
    const { address } = await turnServer([]);

    await expect(Relay.open({ address, ...ACCOUNT, transport: 'udp' }, OWN)).rejects.toThrow(/ECONNREFUSED/);
  });
});
