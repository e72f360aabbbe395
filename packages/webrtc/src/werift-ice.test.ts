import { silentLogger } from '@pinhole/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { classes, Message, methods, parseMessage } from 'werift';
import type { IceSocket, RemoteAddress } from './ice-socket.ts';
import { WeriftIce } from './werift-ice.ts';

const PEER: RemoteAddress = ['192.0.2.9', 4000];
const ELSEWHERE: RemoteAddress = ['192.0.2.77', 4077];
const PEER_ICE = { ufrag: 'peer', password: 'the password that the peer told' };

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

/** An agent of ours, on a socket that a test holds both ends of. */
async function open() {
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
    announced: [],
    openSockets: () => Promise.resolve([{ status: 'fulfilled', value: [socket] }]),
    log: silentLogger,
  });
  undo.push(() => ice.close());
  const { ufrag, password } = ice.local;
  const nominated = vi.fn<() => void>();
  ice.start({ ...PEER_ICE, lite: false, nominated, failed: () => {}, datagram: () => {} });
  const ask = (choice: 'check' | 'choose', from: RemoteAddress, behind?: Buffer): boolean => {
    const request = new Message(methods.BINDING, classes.REQUEST)
      .setAttribute('USERNAME', `${ufrag}:${PEER_ICE.ufrag}`)
      .setAttribute('PRIORITY', 1)
      .setAttribute('ICE-CONTROLLING', 7n);
    if (choice === 'choose') request.setAttribute('USE-CANDIDATE', null);
    const { bytes } = request.addMessageIntegrity(Buffer.from(password));
    return socket.listener(behind ? withAttribute(bytes, behind) : bytes, from);
  };
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
  return { ice, ask, answer, goesTo, nominated };
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

  it('believes nothing behind the signature of a request', async () => {
    const { ice, ask } = await connect();
    const refused = ice.refusedDatagrams;

    // USE-CANDIDATE, a USERNAME, and what nobody knows.
    for (const behind of ['00250000', '0006000461626364', 'c0570004deadbeef'])
      expect(ask('check', PEER, Buffer.from(behind, 'hex'))).toBe(false);

    expect(ice.refusedDatagrams).toBe(refused + 3);
  });
});
