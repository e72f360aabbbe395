import { setTimeout as pause } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import { SlotPublisher } from '@pinhole/outputs/ustreamer';
import { encodeClip } from '../../test/support/clip.ts';
import { serveCalls } from '../support/child.ts';

const utcMicros = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
const clip = encodeClip({ size: '1920x1080', bitrate: '4M' });
let running = Promise.resolve();
let stopped = false;

/** A stand-in for µStreamer with a 1080p camera of 4 Mbit/s. */
const calls = {
  /** Publishes from now on. A picture's capture time is the moment before it is written. */
  write: ({ name, framesPerSecond }: { readonly name: string; readonly framesPerSecond: number }): void => {
    const writer = SlotPublisher.open(
      { name, kind: 'h264', layout: 'B7b', mode: 0o600, removal: 'at-end' },
      { now: utcMicros },
    );
    stopped = false;
    running = (async () => {
      const startedAt = performance.now();
      for (let i = 0; !stopped; i++) {
        await pause(Math.max(0, startedAt + (i * 1000) / framesPerSecond - performance.now()));
        const unit = clip[i % clip.length];
        if (!unit) continue;
        const picture = { ...unit, width: 1920, height: 1080, gop: 30, online: true };
        while (writer.publish({ ...picture, captureTime: utcMicros() }) === 'busy') await pause(0);
      }
      writer.close();
    })();
  },
  /** Ends that, and removes the slot. */
  stop: async (): Promise<void> => {
    stopped = true;
    await running;
  },
};

/** The calls of this child. */
export type SlotWriterCalls = typeof calls;

serveCalls(calls, () => calls.stop());
