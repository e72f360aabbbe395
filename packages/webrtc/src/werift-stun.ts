import { isIPv4 } from 'node:net';
import { classes, parseMessage, StunProtocol } from 'werift';
import type { IceSocket } from './ice-socket.ts';
import { KnownPaths } from './known-paths.ts';
import { hasUnsignedTail, stunClassOf } from './stun-header.ts';

/** The part of werift's STUN that takes datagrams; its types keep it to itself. */
interface StunReceiver {
  /** Requests that wait for their response, by their number. */
  readonly transactions: Readonly<Record<string, { integrityKey: Buffer | undefined } | undefined>>;
  datagramReceived(datagram: Buffer, from: readonly [string, number]): void;
}

/** A request over TCP is not sent again, and its response may take as long as any: werift would give up after 50 ms. */
const TCP_RESPONSE_MS = 5000;

/** werift's STUN over a socket of ours. */
export function openStun(socket: IceSocket): StunProtocol {
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
  if (socket.transport === 'tcp') {
    const request = protocol.request.bind(protocol);
    protocol.request = (message, to, key, options, onRequestSent) =>
      request(message, to, key, {
        ...(typeof options === 'object' ? options : { ...(onRequestSent && { onRequestSent }) }),
        retransmissions: 0,
        responseTimeout: TCP_RESPONSE_MS,
      });
  }
  return protocol;
}

/** Where signed requests came from, and signed responses. */
const proven = new WeakMap<StunProtocol, KnownPaths>();

/**
 * Hands a STUN datagram to werift; a request is to be signed.
 *
 * Chromium signs its responses with a password that it told nobody while it has candidates from a pool
 * (`iceCandidatePoolSize`, as picamera.js asks for) and does not know its own addresses. The number of our request, which
 * nobody else can know, comes back from where signed requests came from: that is proof enough, and without it such a
 * browser would never be connected.
 *
 * @returns whether the peer signed it
 */
export function receiveStun(
  protocol: StunProtocol,
  datagram: Buffer,
  from: readonly [string, number],
): boolean {
  const receiver = protocol as unknown as StunReceiver;
  const paths = proven.get(protocol) ?? new KnownPaths();
  proven.set(protocol, paths);
  const path = from.join(' ');
  const isSigned = stunClassOf(datagram) === 'request' || isSignedResponse(receiver, datagram);
  if (isSigned) paths.admit(path);
  else if (paths.has(path)) takeAsSigned(receiver, datagram);
  receiver.datagramReceived(datagram, from);
  return isSigned;
}

function isSignedResponse({ transactions }: StunReceiver, datagram: Buffer): boolean {
  if (stunClassOf(datagram) !== 'success') return false;
  const key = transactions[datagram.toString('hex', 8, 20)]?.integrityKey;
  return key !== undefined && parseMessage(datagram, key) !== undefined;
}

function takeAsSigned({ transactions }: StunReceiver, datagram: Buffer): void {
  const response = parseMessage(datagram);
  const transaction = response && transactions[response.transactionIdHex];
  if (transaction?.integrityKey === undefined || response?.messageClass !== classes.RESPONSE) return;
  if (parseMessage(datagram, transaction.integrityKey) === undefined) transaction.integrityKey = undefined;
}

/** What a datagram is to us, looked at before werift sees it. */
export type StunKind =
  /** A request without our password: werift would answer it, and make others' floods larger. */
  | 'unsigned-request'
  | 'request'
  /** A request by which the peer chooses the path it comes on (RFC 8445 §7.3.1.5). */
  | 'nomination'
  | 'response'
  /** None at all: werift would pass it on as data, from whomever it comes. */
  | 'no-stun';

/** Tells a STUN datagram's kind. */
export function stunKind(datagram: Buffer, password: string): StunKind {
  const isRequest = stunClassOf(datagram) === 'request';
  // werift would read what stands behind a signature as if it were signed.
  if (hasUnsignedTail(datagram)) return isRequest ? 'unsigned-request' : 'no-stun';
  if (!isRequest) return parseMessage(datagram) === undefined ? 'no-stun' : 'response';
  const message = parseMessage(datagram, Buffer.from(password));
  if (message === undefined) return 'unsigned-request';
  return message.attributesKeys.includes('USE-CANDIDATE') ? 'nomination' : 'request';
}
