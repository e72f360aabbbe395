import { describe, expect, it } from 'vitest';
import { classes, Message, methods, parseMessage } from 'werift';
import type { IceSocket } from './ice-socket.ts';
import { openStun, receiveStun } from './werift-stun.ts';

const PEER = ['192.0.2.9', 4000] as const;
const OURS = Buffer.from('the password that the peer told');
const ITS_OWN = Buffer.from('the password that it told nobody');

/** A request of ours on its way, and what becomes of it. */
function asked() {
  const sent: Buffer[] = [];
  const socket = {
    address: '192.0.2.1',
    port: 5000,
    closed: false,
    transport: 'udp',
    send: (datagram: Buffer) => sent.push(datagram),
    close: () => Promise.resolve(),
  } as unknown as IceSocket;
  const protocol = openStun(socket);
  let outcome = 'waits';
  const done = protocol
    .request(new Message(methods.BINDING, classes.REQUEST), [...PEER], OURS, 0)
    .then(() => (outcome = 'answered'))
    .catch(() => (outcome = 'failed'));
  const request = (): Message => {
    const message = sent[0] && parseMessage(sent[0]);
    if (!message) throw new Error('nothing was sent');
    return message;
  };
  const respond = (password: Buffer, from: readonly [string, number] = PEER): void => {
    const response = new Message(methods.BINDING, classes.RESPONSE, request().transactionId);
    response.addMessageIntegrity(password);
    receiveStun(protocol, response.bytes, from);
  };
  const beAsked = (from: readonly [string, number] = PEER): void => {
    receiveStun(protocol, new Message(methods.BINDING, classes.REQUEST).bytes, from);
  };
  const settled = async (): Promise<string> => {
    await new Promise((later) => setTimeout(later, 5));
    return outcome;
  };
  return { respond, beAsked, settled, done, protocol };
}

describe('a response', () => {
  it('that is signed as agreed is taken', async () => {
    const { respond, settled } = asked();
    await settled();

    respond(OURS);

    expect(await settled()).toBe('answered');
  });

  it('of a peer that signs with a password of its own is taken from where it asked us itself', async () => {
    const { respond, beAsked, settled } = asked();
    await settled();

    respond(ITS_OWN);
    expect(await settled()).toBe('waits');
    beAsked(['192.0.2.66', 4000]);
    respond(ITS_OWN);
    expect(await settled()).toBe('waits');

    beAsked();
    respond(ITS_OWN);
    expect(await settled()).toBe('answered');
  });
});
