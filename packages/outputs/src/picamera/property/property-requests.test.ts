import { describe, expect, it } from 'vitest';
import { hex } from '../../../../../test/support/hex.ts';
import { openPicameraRig } from '../../../../../test/support/picamera-rig.ts';
import { request } from '../../../../../test/support/picamera-talk.ts';

describe('a camera property', () => {
  it.each([
    ['A', request(4, '{"key":18,"value":6}'), ['awb', 'cloudy']],
    ['B and C', hex('08 01 1a 04 08 12 10 06'), ['awb', 'cloudy']],
    ['A, below zero', request(4, '{"key":6,"value":-2}'), ['ev', -2]],
    ['B and C, below zero', hex('08 01 1a 08 08 06 10 fe ff ff ff 0f'), ['ev', -2]],
  ])('of generation %s reaches the camera, and is not answered', async (_, message, change) => {
    const { enter, source, device } = await openPicameraRig();
    const { command } = enter();

    command.say(message);
    await expect.poll(() => source.set).toEqual([change]);

    expect(command.sent).toEqual([]);
    expect(device.counters.propertiesSet).toBe(1);
  });

  it('that the camera has not is refused with the reason, once in a while', async () => {
    const { enter, device, warnings } = await openPicameraRig();
    const { command } = enter();

    command.say(request(4, '{"key":33,"value":2}'));
    await expect.poll(() => device.counters.refused.property).toBe(1);

    expect(warnings).toMatchObject([
      { reason: 'property', why: 'camera property 33 (Focus mode): the camera has no control "autofocus"' },
    ]);
  });

  it('that a slider moves gets the last value', async () => {
    const { enter, source, device } = await openPicameraRig();
    const { command } = enter();

    for (let i = -4; i <= 4; i++) command.say(request(4, JSON.stringify({ key: 6, value: i })));
    await expect.poll(() => source.set.at(-1)).toEqual(['ev', 4]);

    expect(source.set.length).toBeLessThan(9);
    expect(device.counters.propertiesSuperseded).toBe(9 - source.set.length);
  });
});
