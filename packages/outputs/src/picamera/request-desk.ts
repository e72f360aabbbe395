import { type Logger, MalformedError, type Micros, messageOf, PinholeError } from '@pinhole/core';
import type { Camera, DataChannel, Right } from '@pinhole/engine';
import {
  type CameraRequest,
  CommandType,
  encodePacket,
  type FileQuery,
  type SpokenEncoding,
} from '@pinhole/protocol/picamera';
import type { Recorder } from '../recorder/recorder.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import { answerFraming, type TransferKind } from './answer-framing.ts';
import { queryBodies } from './answers.ts';
import type { VideoLibrary } from './library/video-library.ts';
import { liveSnapshot } from './live-snapshot.ts';
import type { PicameraTally, RefusalReason } from './picamera-counters.ts';
import { PropertyLine } from './property/property-line.ts';
import type { FairTurns } from './transfer/fair-turns.ts';
import { fileBody, memoryBody, type TransferBody } from './transfer/transfer-body.ts';
import { TransferLine, type TransferWork } from './transfer/transfer-line.ts';
import { type RecordingAnswer, ViewerRecording } from './viewer-recording.ts';

/** What answering a viewer's requests needs. */
export interface RequestDeskOptions {
  readonly channel: DataChannel;
  readonly encoding: SpokenEncoding;
  /** What the viewer is told of a query that finds nothing. */
  readonly empty: 'silence' | 'empty-list';
  readonly camera: Camera;
  readonly snapshots: Pick<Snapshots, 'take'>;
  readonly library: VideoLibrary | undefined;
  readonly recorder: Pick<Recorder, 'start' | 'stop' | 'state' | 'events'> | undefined;
  /** Who asks, for files and other viewers. */
  readonly who: string;
  readonly may: (right: Right) => boolean;
  readonly leave: () => void;
  readonly refused: (reason: RefusalReason, why: string) => void;
  readonly tally: PicameraTally;
  readonly turns: FairTurns;
  readonly now: () => Micros;
  readonly log: Logger;
}

type CommandRequest = Exclude<CameraRequest, { kind: 'custom' | 'track' }>;

/** What a request takes to be done. */
const RIGHT_FOR = {
  snapshot: 'view',
  query: 'download',
  download: 'download',
  control: 'control',
  record: 'record',
} as const satisfies Partial<Record<CameraRequest['kind'], Right>>;

/** Does what one viewer asks for on its command channel, and answers there. */
export class RequestDesk {
  readonly #options: RequestDeskOptions;
  readonly #lines: Readonly<Record<Exclude<TransferKind, 'custom'>, TransferLine>>;
  readonly #properties: PropertyLine;
  readonly #recording: ViewerRecording | undefined;

  constructor(options: RequestDeskOptions) {
    this.#options = options;
    const { camera, who, tally, recorder } = options;
    this.#lines = {
      snapshot: this.#line('snapshot'),
      query: this.#line('query'),
      download: this.#line('download'),
    };
    this.#properties = new PropertyLine({
      controls: camera.controls,
      author: { by: who },
      refused: (_key, thrown) => this.#refuse('property', thrown),
      changed: () => tally.propertiesSet++,
      superseded: () => tally.propertiesSuperseded++,
    });
    this.#recording =
      recorder &&
      new ViewerRecording({
        recorder,
        who,
        answer: (answer) => this.#tellRecording(answer),
        failed: (thrown) => this.#refuse('recorder', thrown),
      });
  }

  /** Does it, if the viewer may. Never throws. */
  handle(request: CommandRequest): void {
    const { may, leave, refused } = this.#options;
    if (request.kind === 'disconnect') {
      leave();
      return;
    }
    const right = RIGHT_FOR[request.kind];
    if (may(right)) this.#do(request);
    else refused('right', `${request.kind} needs the right "${right}"`);
  }

  /** Ends what is being sent, and the viewer's recording. May be called again. */
  close(): void {
    for (const line of Object.values(this.#lines)) line.close();
    this.#properties.close();
    this.#recording?.close();
  }

  #do(request: Exclude<CommandRequest, { kind: 'disconnect' }>): void {
    switch (request.kind) {
      case 'snapshot':
        this.#add('snapshot', (signal) => this.#snapshot(request.quality, signal));
        return;
      case 'query':
        this.#query(request.query);
        return;
      case 'download':
        this.#add('download', () => this.#file(request.path));
        return;
      case 'control':
        if (!this.#properties.set(request.key, request.value))
          this.#options.refused('busy', 'too many properties wait to be set');
        return;
      case 'record':
        this.#record(request.action);
    }
  }

  #query(query: FileQuery): void {
    const { library, encoding, empty } = this.#options;
    if (library === undefined) {
      this.#withoutRecordings();
      return;
    }
    this.#add('query', () =>
      queryBodies(query, { library, encoding, empty, refused: (thrown) => this.#refuseFile(thrown) }),
    );
  }

  #record(action: 'start' | 'stop'): void {
    if (this.#recording === undefined) {
      this.#options.refused('no-recorder', 'nothing is recorded on demand here');
      return;
    }
    try {
      if (action === 'stop') this.#recording.stop();
      else this.#recording.start();
    } catch (thrown) {
      const absent = thrown instanceof PinholeError && thrown.code === 'recorder/not-on-demand';
      this.#refuse(absent ? 'no-recorder' : 'recorder', thrown);
    }
  }

  async *#snapshot(quality: number, signal: AbortSignal): AsyncGenerator<TransferBody, void, void> {
    const { camera, snapshots, now } = this.#options;
    try {
      yield memoryBody(await liveSnapshot(camera, { quality, snapshots, now, signal }));
    } catch (thrown) {
      this.#refuse('snapshot', thrown);
    }
  }

  async *#file(path: string): AsyncGenerator<TransferBody, void, void> {
    const { library } = this.#options;
    if (library === undefined) {
      this.#withoutRecordings();
      return;
    }
    try {
      yield fileBody(await library.open(path));
    } catch (thrown) {
      this.#refuseFile(thrown);
    }
  }

  #add(kind: Exclude<TransferKind, 'custom'>, work: TransferWork): void {
    if (!this.#lines[kind].add(work)) {
      this.#options.refused('busy', `too many requests of the kind "${kind}" wait; wait for the answers`);
    }
  }

  #line(kind: Exclude<TransferKind, 'custom'>): TransferLine {
    const { channel, encoding, empty, turns, tally, log } = this.#options;
    return new TransferLine({
      channel,
      framing: () => answerFraming(encoding, kind),
      // Receivers that do not know of empty results would wait for the first byte.
      emptyBodies: empty === 'empty-list' ? 'sent' : 'left-out',
      turns,
      tally: tally.transfers,
      log,
    });
  }

  #tellRecording({ isRecording, path }: RecordingAnswer): void {
    // Generation A has no such request, and no words for it.
    if (this.#options.encoding === 'legacy') return;
    const type = isRecording ? CommandType.START_RECORDING : CommandType.STOP_RECORDING;
    this.#options.channel.send(
      encodePacket({ type, kind: 'recordingResponse', isRecording, filepath: path }),
    );
  }

  #withoutRecordings(): void {
    this.#options.refused('no-recordings', 'nothing is recorded here');
  }

  #refuseFile(thrown: unknown): void {
    this.#refuse(fileRefusal(thrown), thrown);
  }

  #refuse(reason: RefusalReason, thrown: unknown): void {
    this.#options.refused(reason, messageOf(thrown));
    // Ours to mend.
    if (!(thrown instanceof PinholeError))
      this.#options.log.error({ error: messageOf(thrown) }, 'a request failed');
  }
}

function fileRefusal(thrown: unknown): RefusalReason {
  if (!(thrown instanceof PinholeError)) return 'unreadable';
  if (thrown instanceof MalformedError) return 'path';
  switch (thrown.code) {
    case 'recording/not-found':
      return 'not-found';
    case 'recording/unreadable':
      return 'unreadable';
    default:
      return 'path';
  }
}
