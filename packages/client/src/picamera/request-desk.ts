import { messageOf } from '@pinhole/core';
import {
  type CameraRequest,
  CmdType,
  decodeQueryFileResponse,
  type FileQuery,
  parseLegacyMetadata,
  type QueryFileResponse,
  type TransferLoss,
} from '@pinhole/protocol/picamera';
import type { Gate } from './gate.ts';
import { type Job, Lane, type Unsent } from './lane.ts';
import { PiCameraError } from './picamera-error.ts';
import type { Tell } from './picamera-events.ts';
import { RecordingStream } from './recording-stream.ts';
import { snapshotUrl } from './snapshot-url.ts';
import { type AnswerKind, ChannelReader, type DeviceAnswer, type Wire } from './wire.ts';

/** The command type that progress is told by, whatever the device calls it. */
const CMD_TYPE: Readonly<Record<AnswerKind, CmdType>> = {
  snapshot: CmdType.SNAPSHOT,
  query: CmdType.METADATA,
  download: CmdType.RECORDING,
  custom: CmdType.CUSTOM,
};

/** Recordings that come for one question at most; each of them comes by itself. */
const MOST_FILES = 8;
/** After the last recording of several, so long nothing comes before the next question. */
const LAST_FILE_MS = 1_000;

interface DeskJob extends Job {
  /** A snapshot that nobody asked for: its answer shows how the device writes. */
  readonly isProbe?: true;
  /** Answers that may come. */
  readonly several?: true;
  readonly stream?: RecordingStream;
  /** The transfer that answers it. */
  transfer?: string;
  files?: number;
}

/** What a desk needs of the connection. */
export interface DeskOptions {
  readonly wire: Wire;
  /** Keeps what may be said once only until it is known how. */
  readonly gate: Gate;
  readonly tell: Tell;
  /** Sends on the command channel. @returns false when it was not sent */
  readonly send: (message: string | Uint8Array) => boolean;
  /** Whether somebody takes whole lists of recordings, empty ones too. */
  readonly takesLists: () => boolean;
}

/** Asks a device for things on the command channel, and tells what it answers. */
export class RequestDesk {
  readonly #options: DeskOptions;
  readonly #reader: ChannelReader;
  readonly #lanes: Readonly<Record<Exclude<AnswerKind, 'custom'> | 'record', Lane<DeskJob>>> = {
    snapshot: new Lane(),
    query: new Lane(),
    download: new Lane(),
    record: new Lane(),
  };
  #lastFile: ReturnType<typeof setTimeout> | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#reader = new ChannelReader(options.wire, (of) => {
      // What was not asked for is not kept.
      const { active } = this.#lanes.download;
      return of === 'download' && (!active || active.transfer !== undefined || active.stream !== undefined);
    });
  }

  snapshot(quality: number): void {
    this.#lanes.snapshot.add(this.#job('the snapshot', { kind: 'snapshot', quality }));
  }

  /** Asks for a snapshot that is told to nobody, unless one is on its way: whatever answers shows how the device writes. */
  probe(failed: () => void): void {
    if (this.#lanes.snapshot.active) return;
    const job = this.#job('a snapshot', { kind: 'snapshot', quality: 0 });
    this.#lanes.snapshot.add({ ...job, isProbe: true, failed });
  }

  query(query: FileQuery): void {
    const job = this.#job('the list of recordings', { kind: 'query', query });
    this.#lanes.query.add(query.by === 'before-file' ? { ...job, several: true } : job);
  }

  download(path: string): void {
    this.#lanes.download.add(this.#job(`the recording ${path}`, { kind: 'download', path }));
  }

  /** @returns the recording as it comes */
  stream(path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
    const stream = new RecordingStream();
    const job = this.#job(`the recording ${path}`, { kind: 'download', path });
    const failed = (error: PiCameraError): void => {
      stream.fail(error);
      job.failed(error);
    };
    this.#lanes.download.add({ ...job, stream, failed });
    return stream.readable;
  }

  record(action: 'start' | 'stop'): void {
    const job = this.#job(`the ${action} of the recording`, { kind: 'record', action });
    this.#options.gate.pass({ what: job.what, run: () => this.#lanes.record.add(job), failed: job.failed });
  }

  /** Sets a property of the camera; nothing is ever answered. */
  control(key: number, value: number): void {
    try {
      if (this.#say({ kind: 'control', key, value }) === undefined) return;
      this.#error('picamera/not-open', `camera property ${key} was not set: the command channel is not open`);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      this.#error('picamera/value', `camera property ${key} = ${value}: devices take whole numbers only`);
    }
  }

  /** The viewer leaves. */
  disconnect(): void {
    this.#say({ kind: 'disconnect' });
  }

  /** Takes a message of the command channel. */
  receive(message: Uint8Array | string): void {
    for (const answer of this.#reader.push(message, performance.now())) this.#handle(answer);
  }

  /** Whatever was asked for will not come. */
  clear(code: 'picamera/terminated' | 'picamera/connection-lost', why: string): void {
    clearTimeout(this.#lastFile);
    for (const lane of Object.values(this.#lanes)) lane.clear(code, why);
  }

  #job(what: string, request: CameraRequest): DeskJob {
    return {
      what,
      send: () => this.#say(request),
      // Whoever terminates knows.
      failed: (error) => error.code !== 'picamera/terminated' && this.#options.tell('onError', error),
    };
  }

  #say(request: CameraRequest): Unsent | undefined {
    const messages = this.#options.wire.encode(request);
    if (messages.length === 0) return 'unsupported';
    return messages.every((message) => this.#options.send(message)) ? undefined : 'not-open';
  }

  #handle(answer: DeviceAnswer): void {
    if (answer.kind === 'foreign') {
      this.#error(
        'picamera/unsupported',
        'the device speaks a newer encoding (3.x), which is not spoken here',
      );
    } else if (answer.kind === 'recording') {
      const { isRecording, filepath } = answer;
      this.#lanes.record.done();
      this.#options.tell('onRecording', { isRecording, filepath });
    } else if (answer.of !== 'custom') this.#handlePart(answer, answer.of);
  }

  #handlePart(
    answer: Exclude<DeviceAnswer, { readonly kind: 'foreign' | 'recording' }>,
    of: Exclude<AnswerKind, 'custom'>,
  ): void {
    const lane = this.#lanes[of];
    const { active } = lane;
    if (answer.kind === 'started') {
      if (of === 'query') clearTimeout(this.#lastFile);
      if (active) active.transfer ??= answer.id;
    }
    // What was asked for and given up may still come; a file must not be taken for another one.
    const isAnswer = active?.transfer === answer.id;
    if (!isAnswer && of === 'download') return;
    if (isAnswer) lane.heard();
    if (answer.kind === 'progress') {
      active?.stream?.write(answer.bytes);
      if (!active?.isProbe) this.#options.tell('onProgress', answer.received, answer.total, CMD_TYPE[of]);
    } else if (answer.kind === 'lost' && isAnswer) {
      lane.fail(...lossInWords(answer.why));
    } else if (answer.kind === 'completed') {
      const job = isAnswer ? active : undefined;
      if (of === 'query') this.#fileListed(answer.body ?? new Uint8Array(), job);
      else if (job) lane.done();
      this.#deliver(of, answer.body, job);
    }
  }

  #deliver(of: AnswerKind, body: Uint8Array | undefined, job: DeskJob | undefined): void {
    if (of === 'snapshot' && body && !job?.isProbe) this.#options.tell('onSnapshot', snapshotUrl(body));
    else if (of === 'download' && job?.stream) job.stream.end();
    else if (of === 'download' && body)
      this.#options.tell('onVideoDownloaded', body as Uint8Array<ArrayBuffer>);
  }

  #fileListed(body: Uint8Array, job: DeskJob | undefined): void {
    const lane = this.#lanes.query;
    let list: QueryFileResponse;
    try {
      list = this.#options.wire.encoding === 'legacy' ? legacyList(body) : decodeQueryFileResponse(body);
    } catch (cause) {
      if (job) lane.fail('picamera/transfer-damaged', `cannot be read: ${messageOf(cause)}`);
      return;
    }
    clearTimeout(this.#lastFile);
    if (job) {
      job.files = (job.files ?? 0) + list.files.length;
      // The next one is a transfer of its own.
      delete job.transfer;
      if (!job.several || list.files.length !== 1 || job.files >= MOST_FILES) lane.done();
      else this.#lastFile = setTimeout(() => lane.done(), LAST_FILE_MS);
    }
    this.#options.tell('onVideoListLoaded', list);
    for (const { filepath: path, durationSec: duration, thumbnail: image } of list.files) {
      this.#options.tell('onMetadata', { duration, image, path });
    }
    if (list.files.length === 0 && !this.#options.takesLists()) {
      this.#error('picamera/no-recordings', 'the device has no such recording');
    }
  }

  #error(code: PiCameraError['code'], message: string): void {
    this.#options.tell('onError', new PiCameraError(code, message));
  }
}

function legacyList(body: Uint8Array): QueryFileResponse {
  const { duration: durationSec, image: thumbnail, path: filepath } = parseLegacyMetadata(body);
  return { files: [{ filepath, durationSec, thumbnail }], mode: 0 };
}

function lossInWords(why: TransferLoss): readonly [PiCameraError['code'], string] {
  switch (why) {
    case 'too-large':
      return ['picamera/too-large', 'does not fit into memory; streamVideoFile() holds nothing'];
    case 'aborted':
      return ['picamera/transfer-aborted', 'was ended by the device'];
    case 'silent':
      return ['picamera/transfer-stalled', 'stopped in its middle'];
    case 'incomplete':
    case 'overflow':
    case 'gap':
    case 'superseded':
    case 'crowded':
      return ['picamera/transfer-damaged', `came incomplete (${why})`];
  }
}
