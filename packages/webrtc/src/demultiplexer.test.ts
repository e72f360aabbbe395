import { describe, expect, it } from 'vitest';
import { classes, Message, methods } from 'werift';
import { Demultiplexer, type PortMember } from './demultiplexer.ts';
import type { RemoteAddress } from './ice-socket.ts';

const ALICE: RemoteAddress = ['192.0.2.1', 4000];
const BOB: RemoteAddress = ['192.0.2.2', 4000];
const RTCP = Buffer.from('80c80000', 'hex');

/** An agent that takes every request with `signed` in it as its peer's. */
class ScriptedAgent implements PortMember {
  readonly ufrag: string;
  readonly connection: object;
  readonly heard: string[] = [];

  constructor(ufrag: string, connection: object = {}) {
    this.ufrag = ufrag;
    this.connection = connection;
  }

  receive(datagram: Buffer, [host, port]: RemoteAddress): boolean {
    this.heard.push(`${datagram.toString('hex', 0, 2)} ${host}:${port}`);
    return datagram.includes('signed');
  }
}

function request(username: string, { software = 'signed' } = {}): Buffer {
  const message = new Message(methods.BINDING, classes.REQUEST);
  message.setAttribute('USERNAME', username).setAttribute('SOFTWARE', software);
  return message.bytes;
}

function responseTo(asked: Buffer, { software = '' } = {}): Buffer {
  const response = new Message(methods.BINDING, classes.RESPONSE, asked.subarray(8, 20));
  return response.setAttribute('SOFTWARE', software).bytes;
}

function opened(...ufrags: readonly string[]) {
  let nowMs = 0;
  const demultiplexer = new Demultiplexer(() => nowMs);
  const agents = ufrags.map((ufrag) => new ScriptedAgent(ufrag));
  for (const agent of agents) demultiplexer.join(agent);
  const [first = new ScriptedAgent(''), second = new ScriptedAgent('')] = agents;
  return { demultiplexer, first, second, wait: (ms: number) => (nowMs += ms) };
}

describe('a port that many peers share', () => {
  it('gives a request to the agent that it names', () => {
    const { demultiplexer, first, second } = opened('one', 'two');

    demultiplexer.receive(request('two:peer'), ALICE);

    expect(first.heard).toEqual([]);
    expect(second.heard).toEqual(['0001 192.0.2.1:4000']);
  });

  it('gives all else to the agent whose peer sent a signed request from there', () => {
    const { demultiplexer, first, second } = opened('one', 'two');
    demultiplexer.receive(request('one:peer'), ALICE);
    demultiplexer.receive(request('two:peer'), BOB);

    demultiplexer.receive(RTCP, ALICE);
    demultiplexer.receive(RTCP, BOB);

    expect(first.heard).toEqual(['0001 192.0.2.1:4000', '80c8 192.0.2.1:4000']);
    expect(second.heard).toEqual(['0001 192.0.2.2:4000', '80c8 192.0.2.2:4000']);
  });

  it('knows no address by an unsigned request', () => {
    const { demultiplexer, first } = opened('one');
    demultiplexer.receive(request('one:peer', { software: 'forged' }), ALICE);

    demultiplexer.receive(RTCP, ALICE);

    expect(first.heard).toHaveLength(1);
    expect(demultiplexer.counters).toEqual({ unknown: 1, unproven: 1 });
    expect(demultiplexer.kept.addresses).toBe(0);
  });

  it('leaves an address with its peer when others send unsigned requests from there', () => {
    const { demultiplexer, first, second } = opened('one', 'two');
    demultiplexer.receive(request('one:peer'), ALICE);

    demultiplexer.receive(request('two:peer', { software: 'forged' }), ALICE);
    demultiplexer.receive(RTCP, ALICE);

    expect(first.heard.at(-1)).toBe('80c8 192.0.2.1:4000');
    expect(second.heard).toEqual(['0001 192.0.2.1:4000']);
  });

  it('lets both hear what comes from an address where two have proven to be', () => {
    const { demultiplexer, first, second } = opened('one', 'two');
    demultiplexer.receive(request('one:peer'), ALICE);
    demultiplexer.receive(request('two:peer'), ALICE);

    demultiplexer.receive(RTCP, ALICE);

    expect([first.heard.at(-1), second.heard.at(-1)]).toEqual(['80c8 192.0.2.1:4000', '80c8 192.0.2.1:4000']);
  });

  it('lets no more than four hear it, and those who were there first', () => {
    const { demultiplexer, first } = opened('one');
    demultiplexer.receive(request('one:peer'), ALICE);
    const others = ['a', 'b', 'c', 'd', 'e'].map((ufrag) => new ScriptedAgent(ufrag));
    for (const other of others) {
      demultiplexer.join(other);
      demultiplexer.receive(request(`${other.ufrag}:peer`), ALICE);
    }

    demultiplexer.receive(RTCP, ALICE);

    expect(first.heard).toHaveLength(2);
    expect(others.map(({ heard }) => heard.length)).toEqual([2, 2, 2, 1, 1]);
  });

  it('moves an address to the latest agent of the same connection, as after a restart of ICE', () => {
    const { demultiplexer } = opened();
    const connection = {};
    const before = new ScriptedAgent('before', connection);
    const after = new ScriptedAgent('after', connection);
    for (const agent of [before, after]) {
      demultiplexer.join(agent);
      demultiplexer.receive(request(`${agent.ufrag}:peer`), ALICE);
    }

    demultiplexer.receive(RTCP, ALICE);
    demultiplexer.leave(before);
    demultiplexer.receive(RTCP, ALICE);

    expect(before.heard).toHaveLength(1);
    expect(after.heard).toHaveLength(3);
  });

  it('gives a response to the agent that asked, whatever address it comes from', () => {
    const { demultiplexer, first, second } = opened('one', 'two');
    const [asked, other] = [request('peer:one'), request('peer:two')];
    demultiplexer.sent(first, asked);
    demultiplexer.sent(second, other);

    demultiplexer.receive(responseTo(asked), BOB);

    expect(first.heard).toEqual(['0101 192.0.2.2:4000']);
    expect(second.heard).toEqual([]);
  });

  it('knows an address by a signed response, too: some peers only answer', () => {
    const { demultiplexer, first } = opened('one');
    const asked = request('peer:one');
    demultiplexer.sent(first, asked);
    demultiplexer.receive(responseTo(asked, { software: 'signed' }), BOB);

    demultiplexer.receive(RTCP, BOB);

    expect(first.heard).toHaveLength(2);
  });

  it('drops responses that nobody waits for, and those that come too late', () => {
    const { demultiplexer, first, wait } = opened('one');
    const asked = request('peer:one');
    demultiplexer.receive(responseTo(asked), ALICE);
    demultiplexer.sent(first, asked);
    wait(10_000);

    demultiplexer.receive(responseTo(asked), ALICE);

    expect(first.heard).toEqual([]);
    expect(demultiplexer.counters.unknown).toBe(2);
  });

  it('forgets requests that were never answered', () => {
    const { demultiplexer, first, wait } = opened('one');
    for (let i = 0; i < 100; i++) demultiplexer.sent(first, request('peer:one'));
    wait(10_000);

    demultiplexer.sent(first, request('peer:one'));

    expect(demultiplexer.kept.transactions).toBe(1);
  });

  it('forgets all about an agent that left', () => {
    const { demultiplexer, first, second } = opened('one', 'two');
    demultiplexer.receive(request('one:peer'), ALICE);
    demultiplexer.receive(request('two:peer'), BOB);
    demultiplexer.sent(first, request('peer:one'));

    demultiplexer.leave(first);
    demultiplexer.receive(RTCP, ALICE);
    demultiplexer.receive(request('one:peer'), ALICE);
    demultiplexer.receive(RTCP, BOB);

    expect(first.heard).toHaveLength(1);
    expect(second.heard).toHaveLength(2);
    expect(demultiplexer.counters.unknown).toBe(2);
    expect(demultiplexer.kept).toEqual({ addresses: 1, transactions: 0 });
  });

  it('keeps as little after a flood from a hundred thousand addresses as before', () => {
    const { demultiplexer, first } = opened('one');
    demultiplexer.receive(request('one:peer'), ALICE);
    const datagrams = [request('nobody:peer'), request('one:peer', { software: 'forged' }), RTCP];
    datagrams.push(responseTo(request('peer:one')), Buffer.from([0]), Buffer.alloc(0));

    for (let i = 0; i < 100_000; i++) {
      const from = [`198.51.100.${i % 256}`, 1024 + (i >> 8)] as const;
      const datagram = datagrams[i % datagrams.length];
      if (datagram) demultiplexer.receive(datagram, from);
    }

    expect(demultiplexer.kept).toEqual({ addresses: 1, transactions: 0 });
    expect(demultiplexer.counters.unknown + demultiplexer.counters.unproven).toBe(100_000);
    demultiplexer.receive(RTCP, ALICE);
    expect(first.heard.at(-1)).toBe('80c8 192.0.2.1:4000');
  });

  it('knows a restless peer by its last 32 addresses', () => {
    const { demultiplexer, first } = opened('one');
    for (let port = 1; port <= 100; port++) demultiplexer.receive(request('one:peer'), ['192.0.2.1', port]);

    demultiplexer.receive(RTCP, ['192.0.2.1', 68]);
    demultiplexer.receive(RTCP, ['192.0.2.1', 69]);

    expect(demultiplexer.kept.addresses).toBe(32);
    expect(first.heard).toHaveLength(101);
  });
});
