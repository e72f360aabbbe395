import {
  type CameraRequest,
  CmdType,
  CommandType,
  encodeRequest,
  LegacyReceiver,
  mayBeSentTwice,
  PacketReceiver,
  type ReceiverOptions,
  type SpokenEncoding,
  sniffReply,
  type TransferEvent,
  type TransferLoss,
} from '@pinhole/protocol/picamera';

/** What comes in parts. */
export type AnswerKind = 'snapshot' | 'query' | 'download' | 'custom';

/** What a device says, whatever its generation. */
export type DeviceAnswer =
  | { readonly kind: 'started'; readonly of: AnswerKind; readonly id: string; readonly total: number }
  /** `bytes` is a view that dies with the call. */
  | {
      readonly kind: 'progress';
      readonly of: AnswerKind;
      readonly id: string;
      readonly received: number;
      readonly total: number;
      readonly bytes: Uint8Array;
    }
  /** `body` is the taker's own; left out where it was passed on as it came. */
  | { readonly kind: 'completed'; readonly of: AnswerKind; readonly id: string; readonly body?: Uint8Array }
  | { readonly kind: 'lost'; readonly of: AnswerKind; readonly id: string; readonly why: TransferLoss }
  | { readonly kind: 'recording'; readonly isRecording: boolean; readonly filepath: string }
  /** It speaks what is not spoken here. */
  | { readonly kind: 'foreign' };

const KIND_OF_TYPE: Readonly<Record<SpokenEncoding, ReadonlyMap<number, AnswerKind>>> = {
  legacy: new Map<number, AnswerKind>([
    [CmdType.SNAPSHOT, 'snapshot'],
    [CmdType.METADATA, 'query'],
    [CmdType.RECORDING, 'download'],
    [CmdType.CUSTOM, 'custom'],
  ]),
  packet: new Map<number, AnswerKind>([
    [CommandType.TAKE_SNAPSHOT, 'snapshot'],
    [CommandType.QUERY_FILE, 'query'],
    [CommandType.TRANSFER_FILE, 'download'],
    [CommandType.CUSTOM, 'custom'],
  ]),
};

/** How one device writes its channels; unknown until it shows, by what it says or how it was reached. */
export class Wire {
  readonly #settled: () => void;
  readonly #assumed: SpokenEncoding | undefined;
  #encoding: SpokenEncoding | undefined;

  /**
   * @param options.settled called once, when it shows
   * @param options.assumed what is taken for it until then
   */
  constructor({ settled, assumed }: { readonly settled: () => void; readonly assumed?: SpokenEncoding }) {
    this.#settled = settled;
    this.#assumed = assumed;
  }

  get encoding(): SpokenEncoding | undefined {
    return this.#encoding ?? this.#assumed;
  }

  /** It showed. */
  settle(encoding: SpokenEncoding): void {
    if (this.#encoding !== undefined) return;
    this.#encoding = encoding;
    this.#settled();
  }

  /**
   * A request as messages: one, or while nothing is known one in each encoding, of which the device passes over the one that
   * it cannot read.
   * @returns none where the device has no such request, or it may not be said twice
   * @throws {RangeError} for a camera control that is no whole number of 32 bits
   */
  encode(request: CameraRequest): readonly (string | Uint8Array)[] {
    const { encoding: known } = this;
    if (known === undefined && !mayBeSentTwice(request)) return [];
    const encodings = known ? [known] : (['packet', 'legacy'] as const);
    return encodings.flatMap((encoding) => encodeRequest(request, encoding) ?? []);
  }
}

/** Reads what a device says on one channel. */
export class ChannelReader {
  readonly #wire: Wire;
  readonly #legacy: LegacyReceiver;
  readonly #packets: PacketReceiver;

  /** @param passesOn whether a body is passed on as it comes */
  constructor(wire: Wire, passesOn: (of: AnswerKind) => boolean = () => false) {
    this.#wire = wire;
    const options = (encoding: SpokenEncoding): ReceiverOptions => ({
      handling: (type) => {
        const of = KIND_OF_TYPE[encoding].get(type);
        return of === undefined || passesOn(of) ? 'pass-on' : 'collect';
      },
    });
    this.#legacy = new LegacyReceiver(options('legacy'));
    this.#packets = new PacketReceiver(options('packet'));
  }

  /** Takes a message of the channel. Never throws. */
  push(message: Uint8Array | string, nowMs: number): readonly DeviceAnswer[] {
    const shown = sniffReply(message);
    if (shown === 'legacy' || shown === 'packet') this.#wire.settle(shown);
    if (shown === 'packet-v2' && this.#wire.encoding !== 'legacy') return [{ kind: 'foreign' }];
    if (typeof message === 'string') return [];
    if (this.#wire.encoding === 'legacy') {
      return this.#legacy.push(message, nowMs).flatMap((event) => named(event, 'legacy'));
    }
    const { events, packet } = this.#packets.push(message, nowMs);
    const answers = events.flatMap((event) => named(event, 'packet'));
    if (packet?.kind === 'recordingResponse') {
      const { isRecording, filepath } = packet;
      return [...answers, { kind: 'recording', isRecording, filepath }];
    }
    if (packet?.kind === 'customCommand') {
      const start = { of: 'custom', id: '' } as const;
      return [...answers, { kind: 'completed', ...start, body: packet.data.slice() }];
    }
    return answers;
  }
}

function named(event: TransferEvent, encoding: SpokenEncoding): readonly DeviceAnswer[] {
  const of = KIND_OF_TYPE[encoding].get(event.type);
  return of === undefined ? [] : [{ ...event, of }];
}
