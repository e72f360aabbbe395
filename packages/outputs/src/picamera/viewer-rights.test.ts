import { createConnection } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { openPicameraRig } from '../../../../test/support/picamera-rig.ts';
import { request, settle } from '../../../../test/support/picamera-talk.ts';

describe('rights', () => {
  const messages = {
    view: request(1, '30'),
    download: request(2, '{"command":0,"message":""}'),
    control: request(4, '{"key":18,"value":6}'),
  } as const;

  it.each(['view', 'download', 'control'] as const)('%s is asked for', async (right) => {
    const { enter, device } = await openPicameraRig();
    const without = enter({
      rights: (['view', 'download', 'control', 'record'] as const).filter((one) => one !== right),
    });

    without.command.say(messages[right]);
    if (right === 'control') without.reliable.say(request(6, 'go'));
    await settle();

    expect(device.counters.refused.right).toBe(right === 'control' ? 2 : 1);
    expect(without.command.sent).toEqual([]);
    const admin = enter({ rights: ['admin'] });
    admin.command.say(messages[right]);
    await settle();
    expect(device.counters.refused.right).toBe(right === 'control' ? 2 : 1);
  });

  it('record is asked for', async () => {
    const { enter, device } = await openPicameraRig();
    const { command } = enter({ rights: ['view', 'download', 'control'] });

    command.say(hex('08 05'));

    expect(device.counters.refused).toMatchObject({ right: 1, 'no-recorder': 0 });
  });

  it('to view is needed to hear local programs', async () => {
    const { enter, ipc } = await openPicameraRig({ wire: 'legacy' });
    const { reliable } = enter({ rights: ['control'] });
    const socket = createConnection(ipc.path);
    socket.write(hex('00000001 21'));
    await expect.poll(() => ipc.counters.fromLocal).toBe(1);

    expect(reliable.sent).toEqual([]);
    socket.destroy();
  });
});
