import { createHash, timingSafeEqual } from 'node:crypto';
import type { Millis } from '@pinhole/core';
import {
  type BrokerAdmission,
  type BrokerCredentials,
  type BrokerDoor,
  type BrokerIdentity,
  type BrokerRights,
  deviceRights,
  viewerRights,
} from '@pinhole/signaling/broker';
import { type Access, ANONYMOUS_ID } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { RateLimit, subnet } from '../http/rate-limit.ts';
import type { MqttUser } from './mqtt-fields.ts';

/** What {@link MqttDoors} works with. */
export interface MqttDoorsOptions {
  readonly users: readonly MqttUser[];
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  /** The camera that is the device of that uid; the uid itself where no camera of ours is. */
  readonly cameraOf: (uid: string) => string;
  readonly failedPerMinute: number;
  /** Monotonic. */
  readonly now: () => Millis;
}

/**
 * Decides who may come into the broker, in this order: a configured user by its password, a token as the password of any
 * user, what the request for the WebSocket carried (a token in its address, say), and what strangers from there may.
 */
export class MqttDoors {
  readonly #options: MqttDoorsOptions;
  readonly #users: ReadonlyMap<string, MqttUser>;
  readonly #accesses = new WeakMap<BrokerIdentity, Access>();
  /** Passwords are what people choose: unlike tokens they can be guessed, so the right one is not taken in between. */
  readonly #guesses: RateLimit;

  constructor(options: MqttDoorsOptions) {
    this.#options = options;
    this.#users = new Map(options.users.map((user) => [user.name, user]));
    this.#guesses = new RateLimit({
      perSecond: options.failedPerMinute / 60,
      burst: options.failedPerMinute,
    });
  }

  /** The door for one connection. */
  of(address: string, carried?: Access): BrokerDoor {
    return (credentials) =>
      this.#user(credentials, address) ??
      this.#token(credentials, address) ??
      this.#viewer(carried ?? this.#stranger(address), address);
  }

  /** What somebody may do beyond the broker; undefined for a configured user, of whom only topics are known. */
  accessOf(identity: BrokerIdentity): Access | undefined {
    return this.#accesses.get(identity);
  }

  /** Undefined: no user's name and password, which may still be a token. */
  #user({ username, password = '' }: BrokerCredentials, address: string): BrokerAdmission | undefined {
    const user = username === undefined ? undefined : this.#users.get(username);
    if (user === undefined) return undefined;
    const now = this.#options.now();
    if (this.#guesses.waitFor(address, now) !== undefined) return tooMany();
    if (!sameText(user.password, password)) {
      this.#guesses.take(address, now);
      return undefined;
    }
    return {
      kind: 'let-in',
      identity: {
        who: { tokenId: ANONYMOUS_ID, address },
        owner: `user ${user.name}`,
        rights: rightsOf(user),
      },
    };
  }

  /** Undefined: no password was shown. */
  #token({ password }: BrokerCredentials, address: string): BrokerAdmission | undefined {
    if (password === undefined || password === '') return undefined;
    const result = this.#options.authenticator.authenticate({ kind: 'token', token: password }, address);
    switch (result.kind) {
      case 'access':
        return this.#viewer(result.access, address);
      case 'limited':
        return tooMany();
      case 'refused':
        return {
          kind: 'refused',
          why: 'wrong user name or password, or a token that is not known',
          again: false,
        };
    }
  }

  #stranger(address: string): Access | undefined {
    const result = this.#options.authenticator.authenticate({ kind: 'none' }, address);
    return result.kind === 'access' ? result.access : undefined;
  }

  #viewer(access: Access | undefined, address: string): BrokerAdmission {
    if (access === undefined || access.grants.length === 0) {
      return { kind: 'refused', why: 'a token is needed: show it as the password', again: false };
    }
    const { cameraOf } = this.#options;
    const identity: BrokerIdentity = {
      who: access.identity,
      owner: access.authenticated ? `token ${access.identity.tokenId}` : `address ${subnet(address)}`,
      rights: viewerRights({ mayView: (uid) => access.can('view', cameraOf(uid)) }),
    };
    this.#accesses.set(identity, access);
    return { kind: 'let-in', identity };
  }
}

const tooMany = (): BrokerAdmission => ({
  kind: 'refused',
  why: 'too many wrong passwords from this address; try later',
  again: true,
});

function rightsOf({ device, view = [] }: MqttUser): BrokerRights {
  const viewer = viewerRights({ mayView: (uid) => view.includes('*') || view.includes(uid) });
  if (device === undefined) return viewer;
  const own = deviceRights(device);
  return {
    mayRetain: true,
    mayPublish: (topic, clientId) => own.mayPublish(topic, clientId) || viewer.mayPublish(topic, clientId),
    maySubscribe: (filter, clientId) =>
      own.maySubscribe(filter, clientId) || viewer.maySubscribe(filter, clientId),
  };
}

/** In a time that does not tell where they differ. */
const sameText = (a: string, b: string): boolean => timingSafeEqual(hashed(a), hashed(b));
const hashed = (text: string): Buffer => createHash('sha256').update(text).digest();
