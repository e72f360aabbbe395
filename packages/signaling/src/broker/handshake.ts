import type { IConnackPacket, IConnectPacket } from 'mqtt-packet';
import type { BrokerCounters } from './counters.ts';
import type { BrokerDoor, BrokerIdentity } from './identity.ts';
import { type BrokerLimits, WINDOW } from './limits.ts';
import type { ProtocolVersion } from './packets.ts';
import { REASON, type ReasonCode, returnCodeOf } from './reason-codes.ts';

/** What a CONNECT is answered with. */
export type Handshake =
  | { readonly kind: 'welcome'; readonly identity: BrokerIdentity }
  | {
      readonly kind: 'refused';
      readonly reason: ReasonCode;
      readonly why: string;
      readonly counter: keyof BrokerCounters;
    };

/** What a client id may be: it is a level of topics, and stands in logs. */
const CLIENT_ID = /^[^/+#\p{Cc}]{1,128}$/u;

/** The kind of MQTT that a client of `protocolVersion` is answered in, even if only to say no. */
export const versionOf = ({ protocolVersion }: IConnectPacket): ProtocolVersion =>
  protocolVersion === 5 ? 5 : 4;

/** Decides about a CONNECT, as far as that needs to know of nobody else. */
export function answerConnect(packet: IConnectPacket, door: BrokerDoor): Handshake {
  const fault = protocolFault(packet);
  if (fault !== undefined) return fault;
  const admission = door({ username: packet.username, password: packet.password?.toString() });
  if (admission.kind === 'let-in') return { kind: 'welcome', identity: admission.identity };
  return {
    kind: 'refused',
    reason: admission.again ? REASON.SERVER_BUSY : REASON.BAD_USER_NAME_OR_PASSWORD,
    why: admission.why,
    counter: 'refusedCredentials',
  };
}

/** The refusing CONNACK. */
export function refusingConnack(version: ProtocolVersion, reason: ReasonCode, why: string): IConnackPacket {
  return version === 4
    ? { cmd: 'connack', sessionPresent: false, returnCode: returnCodeOf(reason) }
    : { cmd: 'connack', sessionPresent: false, reasonCode: reason, properties: { reasonString: why } };
}

/** The CONNACK that lets somebody in, and how long the client may be silent; 0: for ever. */
export function welcomingConnack(
  { clientId, keepalive = 0, properties }: IConnectPacket,
  options: {
    readonly version: ProtocolVersion;
    readonly clientId: string;
    readonly limits: BrokerLimits;
    readonly mayRetain: boolean;
  },
): { readonly connack: IConnackPacket; readonly keepAliveMs: number } {
  if (options.version === 4) {
    // MQTT 3.1.1 leaves it to the client whether it is watched.
    return {
      connack: { cmd: 'connack', sessionPresent: false, returnCode: 0 },
      keepAliveMs: keepalive * 1000,
    };
  }
  const { keepAliveSeconds, packetBytes } = options.limits;
  const imposed = keepalive === 0 || keepalive > keepAliveSeconds;
  return {
    connack: {
      cmd: 'connack',
      sessionPresent: false,
      reasonCode: REASON.SUCCESS,
      properties: {
        receiveMaximum: WINDOW,
        maximumPacketSize: packetBytes,
        sharedSubscriptionAvailable: false,
        ...(!options.mayRetain && { retainAvailable: false }),
        ...(imposed && { serverKeepAlive: keepAliveSeconds }),
        ...(clientId === '' && { assignedClientIdentifier: options.clientId }),
        ...((properties?.sessionExpiryInterval ?? 0) > 0 && { sessionExpiryInterval: 0 }),
      },
    },
    keepAliveMs: 1000 * (imposed ? keepAliveSeconds : keepalive),
  };
}

function protocolFault(packet: IConnectPacket): Handshake | undefined {
  const { protocolVersion, clientId, clean, properties } = packet;
  const fault = (reason: ReasonCode, why: string): Handshake => ({
    kind: 'refused',
    reason,
    why,
    counter: 'refusedProtocol',
  });
  if (protocolVersion !== 4 && protocolVersion !== 5) {
    return fault(REASON.UNSUPPORTED_PROTOCOL_VERSION, 'MQTT 3.1.1 and 5 are spoken here');
  }
  if (properties?.authenticationMethod !== undefined) {
    return fault(REASON.BAD_AUTHENTICATION_METHOD, 'user and password are all there is here');
  }
  if (clientId === '') {
    return protocolVersion === 4 && clean === false
      ? fault(REASON.CLIENT_IDENTIFIER_NOT_VALID, 'a session that lasts needs a client id')
      : undefined;
  }
  return CLIENT_ID.test(clientId)
    ? undefined
    : fault(REASON.CLIENT_IDENTIFIER_NOT_VALID, 'a client id has 1 to 128 characters, without / + #');
}
