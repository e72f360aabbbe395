import { Emitter, micros, PinholeError } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { Recorder } from '../recorder/recorder.ts';
import type { RecorderEvents } from '../recorder/recorder-state.ts';
import { type RecordingAnswer, ViewerRecording, type ViewerRecordingOptions } from './viewer-recording.ts';

/** A recorder that begins a file when the test says so. */
class ScriptedRecorder {
  readonly events = new Emitter<RecorderEvents>();
  readonly by = new Map<string, string>();
  file: string | undefined;
  refuses = false;
  #count = 0;

  get state(): Recorder['state'] {
    const by = [...this.by].map(([id, who]) => ({ id, who, since: micros(0) }));
    // What the recording of a viewer looks at.
    return { by, onDemand: { file: this.file } } as unknown as Recorder['state'];
  }

  start({ who }: { readonly who: string }) {
    if (this.refuses) throw new PinholeError('recorder/not-on-demand', 'off');
    const id = `start ${++this.#count}`;
    this.by.set(id, who);
    this.events.emit('state', this.state);
    return { id, who, since: micros(0) };
  }

  stop(id: string): Promise<boolean> {
    const was = this.by.delete(id);
    if (this.by.size === 0) this.file = undefined;
    this.events.emit('state', this.state);
    return Promise.resolve(was);
  }

  begin(file: string): void {
    this.file = file;
    this.events.emit('state', this.state);
  }
}

function open(recorder = new ScriptedRecorder(), who = 'ann') {
  const answers: RecordingAnswer[] = [];
  const options: ViewerRecordingOptions = {
    recorder,
    who,
    answer: (answer) => answers.push(answer),
    failed: (thrown) => {
      throw thrown;
    },
  };
  return { recorder, answers, recording: new ViewerRecording(options) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the recording of a viewer', () => {
  it('is told of by its file, once that has a name, and by the finished file', async () => {
    const { recorder, answers, recording } = open();

    recording.start();
    await settle();
    expect(answers).toEqual([]);
    recorder.begin('/r/a.mp4');
    await settle();
    recording.stop();
    await settle();

    expect(answers).toEqual([
      { isRecording: true, path: '/r/a.mp4' },
      { isRecording: false, path: '/r/a.mp4' },
    ]);
    expect(recorder.by.size).toBe(0);
  });

  it('that is started twice runs once', async () => {
    const { recorder, answers, recording } = open();
    recorder.begin('/r/a.mp4');

    recording.start();
    recording.start();
    await settle();

    expect([...recorder.by.values()]).toEqual(['ann']);
    expect(answers).toHaveLength(2);
  });

  it('ends when that viewer leaves, and not when another one does', async () => {
    const { recorder, recording } = open();
    const bob = open(recorder, 'bob');
    recording.start();
    bob.recording.start();

    bob.recording.close();
    bob.recording.close();
    await settle();
    expect([...recorder.by.values()]).toEqual(['ann']);
    recording.close();
    await settle();

    expect(recorder.by.size).toBe(0);
    expect(bob.answers).toEqual([]);
  });

  it('that ends by itself is told of', async () => {
    const { recorder, answers, recording } = open();
    recording.start();
    recorder.begin('/r/a.mp4');
    await settle();

    await recorder.stop('start 1');
    recording.start();
    await settle();

    expect(answers[1]).toEqual({ isRecording: false, path: '/r/a.mp4' });
    expect([...recorder.by.keys()]).toEqual(['start 2']);
  });

  it('that is stopped before it has a file is answered all the same, in order', async () => {
    const { answers, recording } = open();

    recording.start();
    recording.stop();
    await settle();

    expect(answers).toEqual([{ isRecording: false, path: '' }]);
  });

  it('cannot be started where nothing is recorded on demand', () => {
    const { recorder, recording } = open();
    recorder.refuses = true;

    expect(() => recording.start()).toThrowError(expect.objectContaining({ code: 'recorder/not-on-demand' }));
  });
});
