import { type Micros, type Ticks90k, ticks90k } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import { play } from '../players/video-element.ts';
import type { FootageIndex, Hole, LoadedFrame } from './footage-index.ts';

const TICKS = 90_000;
/** Into the picture that is meant: players round times. */
const INTO_PICTURE_TICKS = 90;
/** The browser stops a little before the end of what it has, the sooner the faster it plays. */
const NEAR_END_TICKS = 9_000;
/** HTMLMediaElement.HAVE_FUTURE_DATA, HAVE_ENOUGH_DATA */
const [FUTURE, ENOUGH] = [3, 4];

/** What a playhead needs. */
export interface PlayheadOptions {
  readonly video: HTMLVideoElement;
  readonly blocked: () => void;
}

/** Where in the footage a video element is, and what moves it: pictures, holes, rates. */
export class Playhead {
  readonly #video: HTMLVideoElement;
  readonly #blocked: () => void;
  /** The picture that was asked for or painted last. */
  #cursor = ticks90k(0);
  #playing = true;
  #rate = 1;
  #unblock: (() => void) | undefined;
  /** Where it should be, in seconds, once the browser has that. */
  #wantedSeconds: number | undefined;
  #waiting: { readonly hole: Hole; readonly sinceMs: number } | undefined;

  constructor({ video, blocked }: PlayheadOptions) {
    this.#video = video;
    this.#blocked = blocked;
  }

  /** Somebody wants it to play, whether or not there is anything to. */
  get playing(): boolean {
    return this.#playing;
  }

  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    this.#rate = rate;
    // What is loaded anew starts with the default.
    this.#video.defaultPlaybackRate = rate;
    this.#video.playbackRate = rate;
  }

  /** The picture that was asked for or painted last. */
  get cursor(): Ticks90k {
    return this.#cursor;
  }

  /** Where the element is, or will be once the browser has that. */
  get ticks(): Ticks90k {
    return this.#wantedSeconds === undefined ? ticks90k(this.#video.currentTime * TICKS) : this.#cursor;
  }

  /** The hole that it waits through, if it does. */
  get waitsThrough(): Hole | undefined {
    return this.#waiting?.hole;
  }

  /** A picture was painted. @returns its time on the time line */
  painted(mediaTime: number): Ticks90k {
    const at = ticks90k(Math.round(mediaTime * TICKS));
    if (!this.#video.seeking) this.#cursor = at;
    return at;
  }

  /** Goes to a picture, as soon as the browser has it. */
  show({ at }: LoadedFrame): void {
    this.#waiting = undefined;
    this.#cursor = at;
    this.#wantedSeconds = (at + INTO_PICTURE_TICKS) / TICKS;
    this.arrive();
  }

  /** The browser has more than before. @returns whether it is, or is on its way, where it should be */
  arrive(): boolean {
    const seconds = this.#wantedSeconds;
    if (seconds === undefined) return true;
    // An endless source lets nobody seek to what it does not have: where it has nothing, the seek would be lost.
    if (!isBuffered(this.#video, seconds)) return false;
    this.#wantedSeconds = undefined;
    this.#video.currentTime = seconds;
    if (this.#playing) this.#start();
    return true;
  }

  /** Forgets where it should be. */
  stay(): void {
    this.#wantedSeconds = undefined;
  }

  play(): void {
    this.#playing = true;
    if (!this.#waiting && this.#wantedSeconds === undefined) this.#start();
  }

  pause(): void {
    this.#playing = false;
    this.#waiting = undefined;
    this.#unblock?.();
    this.#video.pause();
  }

  /** It has nothing to show next. */
  isStarved(index: FootageIndex): boolean {
    const { readyState } = this.#video;
    const { end } = index;
    return (
      readyState < FUTURE || end === undefined || (end - this.ticks < NEAR_END_TICKS && readyState < ENOUGH)
    );
  }

  /** The hole right before it. */
  holeHere(index: FootageIndex): Hole | undefined {
    const hole = index.holeAfter(this.ticks);
    if (hole === undefined) return undefined;
    const near = NEAR_END_TICKS * (this.#video.readyState < FUTURE ? Math.max(1, this.#rate * 2) : 1);
    return this.ticks >= hole.from - near ? hole : undefined;
  }

  /** Begins to wait as long as a hole lasts. */
  waitThrough(hole: Hole): void {
    this.#waiting = { hole, sinceMs: localNow() };
    this.#video.pause();
  }

  /** Where in the hole it is by now, while it waits; past its end, the waiting is over. */
  get waited(): Ticks90k | undefined {
    if (this.#waiting === undefined) return undefined;
    const { hole, sinceMs } = this.#waiting;
    return ticks90k(hole.from + ((localNow() - sinceMs) / 1000) * TICKS * this.#rate);
  }

  close(): void {
    this.#unblock?.();
    this.#video.pause();
  }

  #start(): void {
    this.#unblock?.();
    this.#unblock = play(this.#video, this.#blocked);
  }
}

/** A picture by the time that was asked for: the one shown then, or the first after a gap. */
export const wantedFrame = (index: FootageIndex, time: Micros): LoadedFrame | undefined => {
  const { first } = index;
  const found = index.frameAt(time);
  if (found || first === undefined) return found;
  return index.frameAfter(time);
};

const isBuffered = ({ buffered }: HTMLVideoElement, seconds: number): boolean => {
  for (let i = 0; i < buffered.length; i++) {
    if (seconds >= buffered.start(i) && seconds < buffered.end(i)) return true;
  }
  return false;
};
