import { type Logger, silentLogger } from '@pinhole/core';
import type { ViewerAudioFrame } from '@pinhole/engine';
import { Loudspeaker, type LoudspeakerCounters } from './loudspeaker.ts';
import { parseSpeakerSpec, type SpeakerSpec } from './speaker-spec.ts';
import { Voice, type VoiceCounters } from './voice.ts';

/** What a speaker is opened with. */
export interface SpeakerOptions {
  /** The `ffmpeg` command, by absolute path or by name in PATH. Default `ffmpeg`. */
  readonly command?: string;
  readonly log?: Logger;
  /** Viewers who may talk at once; more are left out until one rests. */
  readonly voices?: number;
  /** After so much silence device and decoders are given back. Default 3000. */
  readonly restAfterMs?: number;
}

/** What became of all that viewers said; the parts of voices that ended included. */
export type SpeakerCounters = VoiceCounters &
  LoudspeakerCounters & {
    /** Decoders that ended by themselves. */
    readonly decoderLosses: number;
  };

/** One viewer's way to the speaker. */
export interface SpeakerVoice {
  /** Takes a packet of Opus; never throws. Packets after `end` are left out. */
  write(frame: ViewerAudioFrame): void;
  /** The viewer is gone. May be called again. */
  end(): void;
}

const MIX_MS = 20;
const MIX_SAMPLES = 48 * MIX_MS;
const REST_AFTER_MS = 3000;
/** What a process that stood still plays afterwards; the rest is past. */
const MOST_BEHIND_MS = 200;
const DEFAULT_VOICES = 8;

const NO_VOICE: VoiceCounters = {
  frames: 0,
  silent: 0,
  late: 0,
  lost: 0,
  crowded: 0,
  undecoded: 0,
  overflowMs: 0,
  trimmedMs: 0,
  ranDry: 0,
};

/**
 * Lets the people beside a camera hear its viewers: all who talk, mixed (added up, clipped where they are louder than the
 * device). Each voice has a decoder while it talks; some seconds after the last word device, decoders and clock are given
 * back, so that silence costs nothing.
 */
export class Speaker {
  readonly #loudspeaker: Loudspeaker | undefined;
  readonly #command: string | undefined;
  readonly #log: Logger;
  readonly #mostVoices: number;
  readonly #restAfterMs: number;
  readonly #voices = new Set<Voice>();
  readonly #ending = new Set<Promise<void>>();
  #past: VoiceCounters = NO_VOICE;
  #decoderLosses = 0;
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #mixed = 0;
  #spokeMs = 0;
  #closed = false;

  private constructor(spec: SpeakerSpec, options: SpeakerOptions) {
    const { command, log = silentLogger, voices = DEFAULT_VOICES, restAfterMs = REST_AFTER_MS } = options;
    this.#command = command;
    this.#log = log;
    this.#mostVoices = voices;
    this.#restAfterMs = restAfterMs;
    this.#loudspeaker =
      spec.kind === 'off'
        ? undefined
        : new Loudspeaker(spec, {
            log,
            now: () => performance.now(),
            ...(command !== undefined && { command }),
          });
  }

  /**
   * Opens a speaker; no device is touched before somebody talks.
   * @param spec as a person writes it, see {@link parseSpeakerSpec}; `off` takes what is said and plays nothing
   * @throws {PinholeError} `speaker/spec`
   */
  static open(spec: string, options: SpeakerOptions = {}): Speaker {
    return new Speaker(parseSpeakerSpec(spec), options);
  }

  get counters(): SpeakerCounters {
    const voices = [...this.#voices].reduce((sum, { counters }) => added(sum, counters), this.#past);
    const played = this.#loudspeaker?.counters ?? {
      playedMs: 0,
      deviceMissingMs: 0,
      deviceSlowMs: 0,
      deviceLosses: 0,
    };
    return { ...voices, ...played, decoderLosses: this.#decoderLosses };
  }

  /** Whether device and clock are given back. */
  get rests(): boolean {
    return this.#timer === undefined;
  }

  /** A viewer who may talk from now on. */
  voice(): SpeakerVoice {
    if (this.#loudspeaker === undefined) return { write: () => {}, end: () => {} };
    const voice = new Voice({
      command: this.#command,
      mayDecode: () => !this.#closed && this.#decoders < this.#mostVoices,
      spoke: () => this.#wake(),
      failed: (why) => {
        if (this.#decoderLosses++ === 0) this.#log.warn({ why: why.message }, 'a viewer is not heard');
      },
    });
    this.#voices.add(voice);
    return { write: (frame) => voice.write(frame), end: () => this.#end(voice) };
  }

  /** Plays what came, and ends; resolves when device and decoders are given back. May be called again; never throws. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const voice of this.#voices) this.#end(voice);
    this.#sleep();
    await Promise.all([...this.#ending, this.#loudspeaker?.close()]);
  }

  get #decoders(): number {
    return [...this.#voices].filter(({ decodes }) => decodes).length;
  }

  #end(voice: Voice): void {
    if (!this.#voices.delete(voice)) return;
    const ended = voice.end();
    this.#past = added(this.#past, voice.counters);
    this.#ending.add(ended);
    void ended.finally(() => this.#ending.delete(ended));
  }

  #wake(): void {
    if (this.#closed) return;
    this.#spokeMs = performance.now();
    if (this.#timer !== undefined) return;
    this.#startedMs = this.#spokeMs;
    this.#mixed = 0;
    this.#timer = setInterval(() => this.#tick(performance.now()), MIX_MS);
    this.#timer.unref();
  }

  #tick(nowMs: number): void {
    const due = Math.floor((nowMs - this.#startedMs) / MIX_MS);
    this.#mixed = Math.max(this.#mixed, due - MOST_BEHIND_MS / MIX_MS);
    for (; this.#mixed < due; this.#mixed++) this.#loudspeaker?.play(this.#mix());
    for (const voice of this.#voices) voice.restIfSilent(nowMs - this.#restAfterMs);
    if (nowMs - this.#spokeMs < this.#restAfterMs) return;
    this.#sleep();
    this.#loudspeaker?.rest();
  }

  #mix(): Int16Array {
    const sum = new Int32Array(MIX_SAMPLES);
    for (const { queue } of this.#voices) queue.addTo(sum);
    return Int16Array.from(sum, (sample) => Math.max(-0x8000, Math.min(0x7fff, sample)));
  }

  #sleep(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function added(a: VoiceCounters, b: VoiceCounters): VoiceCounters {
  return {
    frames: a.frames + b.frames,
    silent: a.silent + b.silent,
    late: a.late + b.late,
    lost: a.lost + b.lost,
    crowded: a.crowded + b.crowded,
    undecoded: a.undecoded + b.undecoded,
    overflowMs: a.overflowMs + b.overflowMs,
    trimmedMs: a.trimmedMs + b.trimmedMs,
    ranDry: a.ranDry + b.ranDry,
  };
}
