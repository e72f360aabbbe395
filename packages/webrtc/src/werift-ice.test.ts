import { silentLogger } from '@pinhole/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connection, classes, Message, methods, parseMessage } from 'werift';
import type { IceSocket, RemoteAddress } from './ice-socket.ts';
import { Relays } from './relays.ts';
import { WeriftIce } from './werift-ice.ts';

const PEER: RemoteAddress = ['192.0.2.9', 4000];
const ELSEWHERE: RemoteAddress = ['192.0.2.77', 4077];
const PEER_ICE = { ufrag: 'peer', password: 'the password that the peer told' };

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

/** An agent of ours, on a socket that a test holds both ends of, for a peer that offers or answers. */
async function open(part: 'answers' | 'offers' = 'offers') {
  const sent: { readonly datagram: Buffer; readonly to: string }[] = [];
  const socket: IceSocket = {
    transport: 'udp',
    address: '192.0.2.1',
    port: 5000,
    closed: false,
    sendFailures: 0,
    listener: () => false,
    queuedBytes: () => 0,
    directPath: () => undefined,
    send: (datagram, host, port) =>
      void sent.push({ datagram: Buffer.from(datagram), to: `${host} ${port}` }),
    close: () => Promise.resolve(),
  };
  const ice = await WeriftIce.open({
    iceServers: [],
    relays: new Relays(silentLogger),
    announced: [],
    openSockets: () => Promise.resolve([{ status: 'fulfilled', value: [socket] }]),
    log: silentLogger,
  });
  undo.push(() => ice.close());
  const { ufrag, password } = ice.local;
  const nominated = vi.fn<() => void>();
  const start = (): void =>
    ice.start({
      ...PEER_ICE,
      lite: false,
      role: part === 'offers' ? 'controlling' : 'controlled',
      nominated,
      failed: () => {},
      datagram: () => {},
    });
  const checkOf = (choice: 'check' | 'choose'): Buffer => {
    const request = new Message(methods.BINDING, classes.REQUEST)
      .setAttribute('USERNAME', `${ufrag}:${PEER_ICE.ufrag}`)
      .setAttribute('PRIORITY', 1)
      .setAttribute(part === 'offers' ? 'ICE-CONTROLLING' : 'ICE-CONTROLLED', 7n);
    if (choice === 'choose') request.setAttribute('USE-CANDIDATE', null);
    return request.addMessageIntegrity(Buffer.from(password)).addFingerprint().bytes;
  };
  const ask = (choice: 'check' | 'choose', from: RemoteAddress): boolean =>
    socket.listener(checkOf(choice), from);
  const isCheck = ({ datagram, to }: (typeof sent)[number], [host, port]: RemoteAddress): boolean =>
    to === `${host} ${port}` && datagram.readUInt16BE(0) === 1;
  /** Answers our latest check to an address, as only its owner can. */
  const answer = async (from: RemoteAddress): Promise<void> => {
    await vi.waitFor(() => expect(sent.some((one) => isCheck(one, from))).toBe(true));
    const check = sent.filter((one) => isCheck(one, from)).at(-1)?.datagram;
    const transaction = check && parseMessage(check)?.transactionId;
    const response = new Message(methods.BINDING, classes.RESPONSE, transaction)
      .setAttribute('XOR-MAPPED-ADDRESS', ['192.0.2.1', 5000])
      .addMessageIntegrity(Buffer.from(PEER_ICE.password));
    socket.listener(response.bytes, from);
  };
  /** Where what is sent goes now. */
  const goesTo = (): string | undefined => {
    ice.send(Uint8Array.of(0x80, 0xc9));
    return sent.at(-1)?.to;
  };
  return { ice, socket, sent, start, ask, answer, goesTo, nominated, checkOf };
}

/** One attribute more behind a message. */
function withAttribute(message: Buffer, attribute: Buffer): Buffer {
  const longer = Buffer.concat([message, attribute]);
  longer.writeUInt16BE(longer.byteLength - 20, 2);
  return longer;
}

/** An agent that sends to its peer. */
async function connect(): Promise<Awaited<ReturnType<typeof open>>> {
  const agent = await open();
  agent.start();
  agent.ask('choose', PEER);
  await agent.answer(PEER);
  await vi.waitFor(() => expect(agent.nominated).toHaveBeenCalledOnce());
  return agent;
}

describe('an agent', () => {
  it('sends to no address that was written on a signed request, until a check is answered from there', async () => {
    const { ask, answer, goesTo } = await connect();

    expect(ask('choose', ELSEWHERE)).toBe(true);
    ask('choose', ELSEWHERE);
    await new Promise((later) => setTimeout(later, 50));
    expect(goesTo()).toBe('192.0.2.9 4000');

    await answer(ELSEWHERE);
    await vi.waitFor(() => expect(goesTo()).toBe('192.0.2.77 4077'));
  });

  it('stays where it is when the peer chose that again before the other way was proven', async () => {
    const { ask, answer, goesTo } = await connect();

    ask('choose', ELSEWHERE);
    ask('choose', PEER);
    await answer(ELSEWHERE);
    await new Promise((later) => setTimeout(later, 50));

    expect(goesTo()).toBe('192.0.2.9 4000');
  });

  it('goes at once to a way that was proven before', async () => {
    const { ask, answer, goesTo } = await connect();
    ask('check', ELSEWHERE);
    await answer(ELSEWHERE);
    await new Promise((later) => setTimeout(later, 50));
    expect(goesTo()).toBe('192.0.2.9 4000');

    ask('choose', ELSEWHERE);

    expect(goesTo()).toBe('192.0.2.77 4077');
  });

  it('answers on the way in use without werift, and leaves all other ways to that', async () => {
    const { ask, sent, ice } = await connect();
    const looked = vi.spyOn(Connection.prototype, 'checkIncoming');

    for (let i = 0; i < 10; i++) expect(ask(i % 2 === 0 ? 'choose' : 'check', PEER)).toBe(true);

    expect(looked).not.toHaveBeenCalled();
    const answers = sent
      .slice(-10)
      .map(({ datagram }) => parseMessage(datagram, Buffer.from(ice.local.password)));
    for (const answer of answers) {
      expect(answer?.messageClass).toBe(classes.RESPONSE);
      expect(answer?.getAttributeValue('XOR-MAPPED-ADDRESS')).toEqual([...PEER]);
    }
    ask('check', ELSEWHERE);
    expect(looked).toHaveBeenCalledOnce();
    looked.mockRestore();
  });

  it('believes nothing behind the signature of a request', async () => {
    const { ice, socket, checkOf } = await connect();
    const refused = ice.refusedDatagrams;

    // USE-CANDIDATE, a USERNAME, and what nobody knows; the sum at the end counts for nothing.
    for (const behind of ['00250000', '0006000461626364', 'c0570004deadbeef']) {
      const signed = checkOf('check').subarray(0, -8);
      expect(socket.listener(withAttribute(signed, Buffer.from(behind, 'hex')), PEER)).toBe(false);
    }

    expect(ice.refusedDatagrams).toBe(refused + 3);
  });

  it('keeps a few of the checks that come before it knows its peer, and connects by those', async () => {
    const looked = vi.spyOn(Connection.prototype, 'checkIncoming');
    const agent = await open('answers');
    for (let i = 0; i < 1000; i++) agent.ask('check', PEER);

    agent.start();
    await agent.answer(PEER);
    await vi.waitFor(() => expect(agent.nominated).toHaveBeenCalledOnce());

    expect(looked.mock.calls.length).toBeLessThanOrEqual(64);
    looked.mockRestore();
  });

  it('throws at nothing, and takes for signed nothing that was changed', async () => {
    const { ice, socket, checkOf, goesTo } = await connect();
    const next = random(5);
    const signed = checkOf('choose');
    const integrityAt = signed.indexOf('00080014', 0, 'hex');
    let taken = 0;

    for (let round = 0; round < 3000; round++) {
      const datagram = next(5) === 0 ? Buffer.alloc(next(200)) : Buffer.from(signed);
      if (next(4) === 0) datagram.writeUInt16BE(next(4) * 0x100 + 1 + next(2) * 0x10, 0);
      for (let changes = 1 + next(4); changes > 0 && datagram.byteLength > 0; changes--)
        datagram[next(datagram.byteLength)] = next(256);
      if (datagram.subarray(0, integrityAt).equals(signed.subarray(0, integrityAt))) continue;
      const from = next(2) === 0 ? PEER : ELSEWHERE;
      if (
        socket.listener(next(3) === 0 ? datagram.subarray(0, next(datagram.byteLength + 1)) : datagram, from)
      )
        taken++;
    }

    expect(taken).toBe(0);
    expect(ice.refusedDatagrams).toBeGreaterThan(1000);
    expect(goesTo()).toBe('192.0.2.9 4000');
  });
});

/** Numbers that look like chance and are the same each time. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}
