import { describe, expect, it } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { bytes, JPEG, legacy, packets, say, text } from './fake-answers.ts';

const openRig = cameraRigs();

describe('messages', () => {
  it('go as text to a device of generation A, once it showed itself', async () => {
    const rig = await openRig({ ipcMode: 'reliable' }).live('sdp');
    const [command, ipc] = [rig.channel(0), rig.channel(2)];
    expect(command.sent.at(-1)).toBe('{"type":1,"message":"0"}');

    rig.camera.sendMessage('Hello Reliable Channel!');
    rig.camera.sendText('ü');
    expect(ipc.sent).toEqual([]);
    say(command, legacy(1, JPEG));
    say(ipc, legacy(6, 'grüß dich'));

    expect(ipc.sent).toEqual(['{"type":6,"message":"Hello Reliable Channel!"}', '{"type":6,"message":"ü"}']);
    expect(rig.all('onMessage')).toEqual([['grüß dich', text('grüß dich')]]);
    expect(rig.all('onSnapshot')).toEqual([]);
  });

  it('go as packets to the others', async () => {
    const rig = await openRig({ ipcMode: 'lossy' }).live('offer');
    const ipc = rig.channel(1);

    rig.camera.sendMessage('hi');
    rig.camera.sendData(Uint8Array.of(0xff, 0));
    say(ipc, packets(100, 'u', Uint8Array.of(0xff)));
    ipc.say(bytes(0x08, 0x64, 0xa2, 0x06, 2, 'hi'));

    expect(ipc.sent).toEqual([
      Uint8Array.of(0x08, 0x64, 0xa2, 0x06, 0x02, 0x68, 0x69),
      Uint8Array.of(0x08, 0x64, 0xa2, 0x06, 0x02, 0xff, 0),
    ]);
    expect(rig.all('onMessage')).toEqual([
      ['\ufffd', Uint8Array.of(0xff)],
      ['hi', text('hi')],
    ]);
  });

  it('that show the generation open the way for others', async () => {
    const rig = await openRig({ ipcMode: 'lossy' }).live('sdp');
    rig.camera.sendMessage('hi');

    say(rig.channel(1), legacy(6, 'hello'));

    expect(rig.channel(1).sent).toEqual(['{"type":6,"message":"hi"}']);
  });

  it('of bytes are not for a device of generation A', async () => {
    const rig = await openRig({ ipcMode: 'reliable' }).live('sdp');
    say(rig.channel(0), legacy(1, JPEG));

    rig.camera.sendData(Uint8Array.of(0xff));
    rig.camera.sendMessage('');

    expect(rig.errors).toEqual(['picamera/value', 'picamera/value']);
    expect(rig.channel(2).sent).toEqual([]);
  });

  it('need their mode, a connection and an end', async () => {
    const without = await openRig().live('offer');
    without.camera.sendMessage('hi');
    const rig = openRig({ ipcMode: 'reliable' });
    rig.camera.sendMessage('hi');
    await rig.live('offer');
    rig.camera.sendData(new Uint8Array(262_144));
    rig.channel(2).bufferedAmount = 9 * 2 ** 20;
    rig.camera.sendMessage('hi');

    expect([...without.errors, ...rig.errors]).toEqual([
      'picamera/no-ipc',
      'picamera/not-open',
      'picamera/too-large',
      'picamera/not-open',
    ]);
  });

  it('that lost a part on a lossy channel are passed over; the next one is whole', async () => {
    const rig = await openRig({ ipcMode: 'lossy' }).live('sdp');
    const ipc = rig.channel(1);
    const frames = [...legacy(6, 'first'), ...legacy(6, 'second'), ...legacy(6, 'third')];

    say(
      ipc,
      frames.filter((_, index) => index !== 0 && index !== 4),
    );

    expect(rig.all('onMessage').map(([message]) => message)).toEqual(['third']);
    expect(rig.errors).toEqual([]);
  });

  it('wait in a bounded row', async () => {
    const rig = await openRig({ ipcMode: 'reliable' }).live('sdp');

    for (let i = 0; i < 300; i++) rig.camera.sendMessage(String(i));
    say(rig.channel(0), legacy(1, JPEG));

    expect(rig.errors).toHaveLength(44);
    expect(rig.channel(2).sent).toHaveLength(256);
  });
});
