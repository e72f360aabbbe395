import { type Micros, micros } from '@pinhole/core';
import type {
  Delivery,
  DeliveryCounters,
  Stream,
  StreamUnit,
  SubStream,
  ViewerDelivery,
} from '@pinhole/engine';
import { PacketizedStream } from '../packetized-stream.ts';
import { canFollow } from './can-follow.ts';
import { type Choice, DeliveryLadder, type Rung } from './delivery-ladder.ts';
import type { StreamRates } from './gop-rates.ts';
import type { PathEstimate } from './path-estimate.ts';
import { SubReader } from './sub-reader.ts';

/** What choosing one viewer's pictures needs. */
export interface ViewerPicturesOptions {
  readonly stream: Stream;
  readonly sub?: SubStream;
  readonly path: PathEstimate;
  /** Sends a unit of one of the streams; 0…1 is what waits for it. */
  readonly sink: {
    pressure(): number;
    write(unit: StreamUnit, delivery: Delivery, packetized: PacketizedStream, now: Micros): void;
    /** Sends a packet that harms nothing, so that something is heard where the way is there again. */
    probe(): void;
    /** Sends a picture that can be decoded, as soon as there is one. */
    refresh(): void;
  };
  readonly now: () => Micros;
  /** Called when something else is sent from now on. */
  readonly changed?: () => void;
  /** Called when the sub stream is wanted and cannot be used, with why in words. */
  readonly subRefused?: (why: string) => void;
}

/** How often it is looked whether the way still carries what is sent. */
const LOOK_EVERY = micros(100_000);
/** What is newer waits in no longer queue than a GOP, within these: it is left out instead. */
const WAIT = { shortest: 500_000, longest: 1_000_000 } as const;
/** A viewer that was sent nothing for so long gets a key picture whatever the queue: else nothing would ever be heard. */
const STARVED_AFTER = micros(2_000_000);
/** While nothing is heard it is tried this often whether the way is there again. */
const PROBE_EVERY = micros(250_000);
/** A sub stream that sends has a key picture within so long; until then none of the main stream bridge it. */
const SUB_KEY_WITHIN = micros(2_000_000);
/** One that is sent and brings nothing for so long is gone. */
const SUB_GONE_AFTER = micros(3_000_000);
const SUB_PAUSE = micros(60_000_000);
const NEVER = micros(Number.POSITIVE_INFINITY);

/**
 * The pictures of one viewer, as many as its network carries: it looks at what gets through, takes the rung of the
 * {@link DeliveryLadder}, leaves out what that leaves out, and puts the camera's sub stream in the place of its main stream and back,
 * at a key picture. Nothing is ever encoded anew.
 */
export class ViewerPictures {
  readonly #options: ViewerPicturesOptions;
  readonly #packetized: PacketizedStream;
  readonly #ladder: DeliveryLadder;
  readonly #sub: SubReader;
  readonly #counters = {
    framesDroppedNonReference: 0,
    framesDroppedWaitingForKey: 0,
    deliverySteps: 0,
    streamSwitches: 0,
  };
  #streamNow: Rung['stream'] = 'main';
  #needsKey = false;
  /** When it was last tried whether a way that is gone is there again; undefined while it is there. */
  #probedAt: Micros | undefined;
  /** Since when the sub stream sends, of which no key picture came yet. */
  #subSince: Micros | undefined;
  #subSeenAt: Micros;
  #lookedAt: Micros;
  #wroteAt: Micros;

  constructor(options: ViewerPicturesOptions) {
    this.#options = options;
    const { stream, sub, sink, now, subRefused } = options;
    this.#packetized = PacketizedStream.of(stream);
    this.#ladder = new DeliveryLadder(now());
    this.#lookedAt = now();
    this.#wroteAt = now();
    this.#subSeenAt = now();
    this.#sub = new SubReader({
      sub,
      sink: {
        get pressure() {
          return sink.pressure();
        },
        write: (unit, delivery) => this.#writeSub(unit, delivery),
      },
      now,
      ...(subRefused && { refused: subRefused }),
    });
  }

  get counters(): DeliveryCounters {
    return { ...this.#counters, subStreamRefusals: this.#sub.refusals };
  }

  /** What is sent now. */
  get delivery(): ViewerDelivery {
    const { rung, why } = this.#ladder;
    const bitsPerSecond = this.#options.path.acknowledgedBitsPerSecond;
    return {
      stream: this.#streamNow,
      pictures: this.#picturesOf(this.#streamNow),
      ...(rung.stream === 'main' && rung.pictures === 'all' ? {} : why !== undefined && { why }),
      ...(bitsPerSecond !== undefined && { bitsPerSecond: Math.round(bitsPerSecond) }),
    };
  }

  /** The stream whose pictures are sent now. */
  get stream(): Stream {
    const { stream } = this.#options;
    return this.#streamNow === 'sub' ? (this.#sub.stream ?? stream) : stream;
  }

  /** Takes a unit of the main stream. */
  write(unit: StreamUnit, delivery: Delivery): void {
    const now = this.#options.now();
    this.#look(now);
    if (!delivery.catchUp) this.#packetized.note(unit);
    if (this.#streamNow === 'sub') {
      const isGone = now - this.#subSeenAt > SUB_GONE_AFTER;
      if ((this.#ladder.rung.stream === 'sub' && !isGone) || !unit.key || delivery.catchUp) return;
      if (isGone) this.#sub.refuse(micros(now + SUB_PAUSE), 'it brings nothing any more');
      else this.#sub.close();
      this.#switchTo('main');
    }
    this.#pass(unit, delivery, this.#packetized, now);
  }

  /** Looks whether the way still carries what is sent; soon after it was looked, it does nothing. */
  look(): void {
    this.#look(this.#options.now());
  }

  #look(now: Micros): void {
    if (now - this.#lookedAt < LOOK_EVERY) return;
    const { path } = this.#options;
    this.#lookedAt = now;
    this.#probe(now);
    const ladder = this.#ladder;
    if (ladder.rung.stream === 'sub' && this.#streamNow === 'main') this.#sub.await(now);
    const choice = this.#choice();
    const sentRate = choice.rateOf(ladder.rung) ?? 0;
    const condition = path.condition(now, sentRate);
    const capacity = path.acknowledgedBitsPerSecond ?? path.receiverEstimate;
    if (!ladder.step({ condition, capacity, choice, now })) return;
    this.#counters.deliverySteps++;
    path.begin(now);
    if (ladder.rung.stream === 'sub') this.#sub.open();
    else if (this.#streamNow === 'main') {
      this.#sub.close();
      this.#subSince = undefined;
    }
    this.#options.changed?.();
  }

  /** The viewer cannot decode what it has: the last pictures of the sub stream once more. */
  replaySub(): void {
    this.#sub.replay();
  }

  /** Nothing is wanted for now: the sub stream is let go, and what comes next is of the main stream. */
  rest(): void {
    this.#sub.close();
    this.#subSince = undefined;
    if (this.#streamNow === 'main') return;
    this.#switchTo('main');
    this.#needsKey = true;
  }

  /** A way that was gone says that it is back only when something is sent on it. */
  #probe(now: Micros): void {
    const { path, sink } = this.#options;
    if (path.isSilent(now)) {
      if (this.#probedAt !== undefined && now - this.#probedAt < PROBE_EVERY) return;
      this.#probedAt = now;
      sink.probe();
    } else if (this.#probedAt !== undefined) {
      this.#probedAt = undefined;
      // The next key picture may be seconds away.
      if (this.#needsKey) sink.refresh();
    }
  }

  #writeSub(unit: StreamUnit, delivery: Delivery): void {
    const stream = this.#sub.stream;
    if (!stream) return;
    const packetized = PacketizedStream.of(stream);
    if (!delivery.catchUp) packetized.note(unit);
    const now = this.#options.now();
    this.#subSeenAt = now;
    const main = this.#options.stream.parameters;
    if (unit.key && main && !canFollow(main, unit.parameters)) {
      this.#sub.refuse(NEVER, notDecodable(unit.parameters));
      this.rest();
      return;
    }
    if (this.#streamNow === 'main') {
      this.#subSince ??= now;
      if (this.#ladder.rung.stream !== 'sub' || !unit.key || delivery.catchUp) return;
      this.#switchTo('sub');
    }
    this.#pass(unit, delivery, packetized, now);
  }

  #switchTo(stream: Rung['stream']): void {
    this.#streamNow = stream;
    this.#subSince = undefined;
    this.#needsKey = false;
    this.#counters.streamSwitches++;
    const now = this.#options.now();
    this.#options.path.begin(now);
    this.#ladder.begin(now);
    this.#options.changed?.();
  }

  /** Until the sub stream is there, key pictures bridge; until the main stream is back, all of the other. */
  #picturesOf(stream: Rung['stream']): Rung['pictures'] {
    const { rung } = this.#ladder;
    if (rung.stream === stream) return rung.pictures;
    return stream === 'main' ? 'keys' : 'all';
  }

  #pass(unit: StreamUnit, delivery: Delivery, packetized: PacketizedStream, now: Micros): void {
    const { path, sink } = this.#options;
    const pictures = this.#picturesOf(this.#streamNow);
    const gop = packetized.rates?.gopMicros ?? WAIT.longest;
    const longest = Math.max(WAIT.shortest, Math.min(WAIT.longest, gop));
    // A key picture is so long itself that it needs room.
    const isFull = path.wait(now) >= (unit.key ? longest / 2 : longest);
    if (unit.droppable && (isFull || pictures === 'reference') && !this.#needsKey) {
      this.#counters.framesDroppedNonReference++;
      return;
    }
    const subComes = this.#subSince !== undefined && now - this.#subSince < SUB_KEY_WITHIN;
    const isStarved = now - this.#wroteAt >= STARVED_AFTER;
    if (unit.key ? (isFull && !isStarved) || subComes : isFull || pictures === 'keys' || this.#needsKey) {
      this.#needsKey = true;
      this.#counters.framesDroppedWaitingForKey++;
      return;
    }
    if (unit.key) this.#needsKey = false;
    this.#wroteAt = now;
    sink.write(unit, delivery, packetized, now);
  }

  #choice(): Choice {
    const main = this.#packetized.rates;
    const subStream = this.#sub.stream;
    const sub = subStream && PacketizedStream.of(subStream).rates;
    const rateOf = ({ stream, pictures }: Rung): number | undefined =>
      (stream === 'main' ? main : sub)?.[pictures];
    return { mainHasNonReference: hasNonReference(main), sub: this.#sub.usable, rateOf };
  }
}

const notDecodable = ({ profileLevelId, bFrames }: StreamUnit['parameters']): string =>
  `a browser may not decode it: profile-level-id ${profileLevelId}${bFrames ? ', B-frames' : ''}`;

/** Worth leaving out. */
const hasNonReference = (rates: StreamRates | undefined): boolean =>
  rates !== undefined && rates.reference < 0.95 * rates.all;
