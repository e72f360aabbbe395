import { isIPv4 } from 'node:net';
import { classes, parseMessage, StunProtocol } from 'werift';
import type { UdpSocket } from './udp-socket.ts';

/** The part of werift's STUN that takes datagrams; its types keep it to itself. */
interface StunReceiver {
  datagramReceived(datagram: Buffer, from: readonly [string, number]): void;
}

/** werift's STUN over a socket of ours. */
export function openStun(socket: UdpSocket): StunProtocol {
  const protocol = new StunProtocol();
  const { address, port } = socket;
  protocol.localIp = address;
  protocol.transport = {
    type: 'udp',
    address: { address, port, family: isIPv4(address) ? 'IPv4' : 'IPv6' },
    get closed() {
      return socket.closed;
    },
    socketType: isIPv4(address) ? 'udp4' : 'udp6',
    onData: () => {},
    send: (datagram: Buffer, to?: readonly [string, number]) => {
      if (to) socket.send(datagram, to[0], to[1]);
      return Promise.resolve();
    },
    close: () => socket.close(),
  } as unknown as StunProtocol['transport'];
  return protocol;
}

/** Hands a STUN datagram to werift. */
export const receiveStun = (
  protocol: StunProtocol,
  datagram: Buffer,
  from: readonly [string, number],
): void => (protocol as unknown as StunReceiver).datagramReceived(datagram, from);

/** Whether a request is one without our password: werift would answer it, and make others' floods larger. */
export const isUnsignedRequest = (datagram: Buffer, password: string): boolean =>
  isStunRequest(datagram) && parseMessage(datagram, Buffer.from(password)) === undefined;

/** Class bits of the message type (RFC 8489 §5). */
const isStunRequest = (datagram: Buffer): boolean =>
  datagram.byteLength >= 20 && (datagram.readUInt16BE(0) & 0x0110) === classes.REQUEST;
