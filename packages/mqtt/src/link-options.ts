import type { MqttWill } from './mqtt-link.ts';

/** How a broker is reached, and who we are there. */
export interface MqttLinkOptions {
  /** `mqtt://host:1883`, `mqtts://host:8883`, `ws://host/path`, `wss://host/path`; a browser has the last two only. */
  readonly url: string;
  /** Empty or left out: none is shown. */
  readonly username?: string;
  readonly password?: string;
  /** Default: a new random one. */
  readonly clientId?: string;
  /** Certificates in PEM of those whom we trust besides the system; Node only, a browser has its own. */
  readonly ca?: string;
  /** The broker hears from us at least that often. Default 20. */
  readonly keepAliveSeconds?: number;
  /** A try that takes longer has failed. Default 10 000. */
  readonly connectTimeoutMs?: number;
  readonly will?: MqttWill;
  /** Waits between tries: from `firstMs`, doubling to `maxMs`, with jitter. Default 500 to 15 000. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number; readonly random?: () => number };
  /** What may wait to be sent. Default 1000 messages, 1 MiB. */
  readonly queue?: { readonly messages?: number; readonly bytes?: number };
  /** The broker does not send us what is larger. Default 262 144. */
  readonly maxPacketBytes?: number;
  /** What a message handler threw; default: nobody catches it. */
  readonly onHandlerError?: (thrown: unknown) => void;
}
