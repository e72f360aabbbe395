export { Broker, type BrokerGauges, type BrokerOptions } from './broker.ts';
export type { BrokerCounters } from './counters.ts';
export type {
  BrokerAdmission,
  BrokerCredentials,
  BrokerDoor,
  BrokerIdentity,
  BrokerRights,
} from './identity.ts';
export { BROKER_LIMITS, type BrokerLimits } from './limits.ts';
export type { LocalLinkOptions } from './local-link.ts';
export type { BrokerInput, BrokerPipe } from './pipe.ts';
export { openTcpListener, type TcpListener, type TcpListenerOptions } from './tcp-listener.ts';
export { ALL_RIGHTS, deviceRights, viewerRights } from './topic-rights.ts';
