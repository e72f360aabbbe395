import type { CameraRequest, WireEncoding } from '@pinhole/protocol/picamera';
import type { IpcCounters } from './ipc/ipc-counters.ts';
import { newTransferTally, type TransferCounters, type TransferTally } from './transfer/transfer-counters.ts';

/** Why a request was not done. */
export const REFUSALS = [
  /** The viewer may not. */
  'right',
  /** Too many of its kind wait already. */
  'busy',
  /** More in a second than a viewer may ask. */
  'too-many',
  /** A path outside of the recordings, or none of a recording. */
  'path',
  /** No such recording (any more). */
  'not-found',
  'unreadable',
  /** Nothing is recorded here. */
  'no-recordings',
  /** Nothing is recorded on demand here. */
  'no-recorder',
  'recorder',
  /** The camera has no such property, or not that value. */
  'property',
  'snapshot',
  /** There is no socket for local programs. */
  'no-ipc',
] as const;

/** One of {@link REFUSALS}. */
export type RefusalReason = (typeof REFUSALS)[number];

/** Why a message led to nothing. */
export const PASSED_OVER = [
  'malformed',
  /** It is of no generation. */
  'unknown-wire',
  /** It is of another generation than this viewer's first message. */
  'foreign-wire',
  /** It is of the generation that is not spoken here. */
  'packet-v2',
  /** A request on a channel for messages, or a message on the one for requests. */
  'wrong-channel',
  /** Known, and not for this device: tracking. */
  'unsupported',
  /** It asks for nothing. */
  'nothing',
] as const;

/** One of {@link PASSED_OVER}. */
export type PassedOver = (typeof PASSED_OVER)[number];

const REQUESTS = [
  'disconnect',
  'control',
  'snapshot',
  'query',
  'download',
  'record',
  'track',
  'custom',
] as const;

const WIRES = ['legacy', 'packet', 'packet-v2'] as const;

/** What viewers of a device did by their data channels; all since the program started. */
export interface PicameraCounters {
  readonly viewers: number;
  /** Viewers by what their first message was written in. */
  readonly wires: Readonly<Record<WireEncoding, number>>;
  readonly requests: Readonly<Record<CameraRequest['kind'], number>>;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly passedOver: Readonly<Record<PassedOver, number>>;
  readonly transfers: TransferCounters;
  /** Properties that were set, and those that a newer value came for before their turn. */
  readonly propertiesSet: number;
  readonly propertiesSuperseded: number;
  /** Without a socket for local programs there are none. */
  readonly ipc?: IpcCounters;
}

/** What is counted with. */
export class PicameraTally {
  viewers = 0;
  propertiesSet = 0;
  propertiesSuperseded = 0;
  readonly wires = zeros<WireEncoding>(WIRES);
  readonly requests = zeros<CameraRequest['kind']>(REQUESTS);
  readonly refused = zeros<RefusalReason>(REFUSALS);
  readonly passedOver = zeros<PassedOver>(PASSED_OVER);
  readonly transfers: TransferTally = newTransferTally();

  /** A copy of the counts so far. */
  copy(ipc: IpcCounters | undefined): PicameraCounters {
    const { viewers, propertiesSet, propertiesSuperseded } = this;
    return {
      viewers,
      wires: { ...this.wires },
      requests: { ...this.requests },
      refused: { ...this.refused },
      passedOver: { ...this.passedOver },
      transfers: { ...this.transfers },
      propertiesSet,
      propertiesSuperseded,
      ...(ipc && { ipc }),
    };
  }
}

const zeros = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
