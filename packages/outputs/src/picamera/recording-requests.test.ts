import { Emitter, micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { openPicameraRig } from '../../../../test/support/picamera-rig.ts';
import { settle } from '../../../../test/support/picamera-talk.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { RecorderEvents } from '../recorder/recorder-state.ts';

describe('a recording on demand', () => {
  /** A recorder whose file has its name at once. */
  const scripted = () => {
    const events = new Emitter<RecorderEvents>();
    const by = new Map<string, string>();
    const recorder: Pick<Recorder, 'start' | 'stop' | 'state' | 'events'> = {
      events,
      get state() {
        const starters = [...by].map(([id, who]) => ({ id, who, since: micros(0) }));
        return { by: starters, onDemand: { file: '/r/a.mp4' } } as unknown as Recorder['state'];
      },
      start: ({ who }) => {
        by.set(who, who);
        return { id: who, who, since: micros(0) };
      },
      stop: (id) => Promise.resolve(by.delete(id)),
    };
    return { recorder, by };
  };

  it('is started and ended by packets, and told of', async () => {
    const { recorder, by } = scripted();
    const { enter } = await openPicameraRig({ recorder });
    const { command } = enter();

    command.say(hex('08 05'));
    await command.sentAtLeast(1);
    expect([...by.keys()]).toEqual(['ann']);
    command.say(hex('08 06'));
    await command.sentAtLeast(2);

    expect(command.sent).toEqual([
      hex('08 05 52 0c 08 01 12 08 2f722f612e6d7034'), // START_RECORDING, true, /r/a.mp4
      hex('08 06 52 0a 12 08 2f722f612e6d7034'), //       STOP_RECORDING, false, /r/a.mp4
    ]);
    expect(by.size).toBe(0);
  });

  it('ends with its viewer', async () => {
    const { recorder, by } = scripted();
    const { enter } = await openPicameraRig({ recorder });
    const [ann, bob] = [enter(), enter({ name: 'bob' })];
    for (const { command } of [ann, bob]) command.say(hex('08 05'));
    await bob.command.sentAtLeast(1);

    ann.command.close();

    expect([...by.keys()]).toEqual(['bob']);
  });

  it('where nothing records is met with silence', async () => {
    const { enter, device } = await openPicameraRig();
    const { command } = enter();

    command.say(hex('08 05'));
    await settle();

    expect(command.sent).toEqual([]);
    expect(device.counters.refused['no-recorder']).toBe(1);
  });
});
