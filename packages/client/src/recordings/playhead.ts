import { type Micros, type Ticks90k, ticks90k } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import { play } from '../players/video-element.ts';
import type { FootageIndex, Hole, LoadedFrame } from './footage-index.ts';

const TICKS = 90_000;
/** Into the picture that is meant: players round times. */
const INTO_PICTURE_TICKS = 90;
/** The browser stops a little before the end of what it has. */
const NEAR_END_TICKS = 9_000;

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

  /** Where the element is. */
  get ticks(): Ticks90k {
    return ticks90k(this.#video.currentTime * TICKS);
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

  /** Goes to a picture. */
  show({ at }: LoadedFrame): void {
    this.#waiting = undefined;
    this.#cursor = at;
    this.#video.currentTime = (at + INTO_PICTURE_TICKS) / TICKS;
    if (this.#playing) this.#start();
  }

  play(): void {
    this.#playing = true;
    if (!this.#waiting) this.#start();
  }

  pause(): void {
    this.#playing = false;
    this.#waiting = undefined;
    this.#unblock?.();
    this.#video.pause();
  }

  /** It is about to have nothing to show. */
  isNearEnd(index: FootageIndex): boolean {
    const { end } = index;
    return end !== undefined && end - this.ticks < NEAR_END_TICKS;
  }

  /** The hole right before it. */
  holeHere(index: FootageIndex): Hole | undefined {
    const hole = index.holeAfter(this.ticks);
    return hole && this.ticks >= hole.from - NEAR_END_TICKS ? hole : undefined;
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
