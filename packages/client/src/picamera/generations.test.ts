import { describe, expect, it, vi } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { bytes, field, JPEG, JPEG_URL, legacy, packets, say } from './fake-answers.ts';

const openRig = cameraRigs();

describe('a device of unknown generation', () => {
  it('is asked in both encodings until it answers, then in its own', async () => {
    const rig = await openRig().live('sdp');
    const command = rig.channel(0);

    rig.camera.snapshot();
    expect(command.sent).toEqual([
      Uint8Array.of(0x08, 0x02, 0x22, 0x02, 0x08, 0x1e),
      '{"type":1,"message":"30"}',
    ]);
    say(command, legacy(1, JPEG));
    rig.camera.snapshot(101);

    expect(command.sent.slice(2)).toEqual(['{"type":1,"message":"100"}']);
    expect(rig.all('onSnapshot')).toEqual([[JPEG_URL]]);
    expect(rig.all('onProgress')).toEqual([[4, 4, 1]]);
  });

  it('shows packets by its answer', async () => {
    const rig = await openRig().live('sdp');
    const command = rig.channel(0);

    rig.camera.snapshot();
    say(command, packets(2, 'u', JPEG));
    rig.camera.setCameraProperty(18, 6);

    expect(command.sent.slice(2)).toEqual([Uint8Array.of(0x08, 0x01, 0x1a, 0x04, 0x08, 0x12, 0x10, 0x06)]);
    expect(rig.all('onSnapshot')).toEqual([[JPEG_URL]]);
  });

  it('is a device of packets when it answered on the newer topics', async () => {
    const rig = await openRig().live('offer');

    rig.camera.startRecording();
    rig.camera.stopRecording();

    expect(rig.channel(0).sent).toEqual([Uint8Array.of(0x08, 0x05)]);
  });

  it('is not asked twice for what is done once: a silent snapshot shows its generation first', async () => {
    const rig = await openRig().live('sdp');
    const command = rig.channel(0);

    rig.camera.startRecording();
    expect(command.sent).toEqual([Uint8Array.of(0x08, 0x02, 0x22, 0), '{"type":1,"message":"0"}']);
    say(command, packets(2, 'u', JPEG));

    expect(command.sent.slice(2)).toEqual([Uint8Array.of(0x08, 0x05)]);
    expect(rig.told.map(([event]) => event).filter((name) => /Snapshot|Progress/.test(name))).toEqual([]);
    command.say(bytes(0x08, 0x05, field(0x52, 0x08, 1, field(0x12, '/a.mp4'))));
    expect(rig.all('onRecording')).toEqual([[{ isRecording: true, filepath: '/a.mp4' }]]);
  });

  it('that is too old to record on demand is told', async () => {
    const rig = await openRig().live('sdp');

    rig.camera.stopRecording();
    say(rig.channel(0), legacy(1, JPEG));

    expect(rig.errors).toEqual(['picamera/unsupported']);
  });

  it('that answers nothing gets nothing that may be said once only', async () => {
    const rig = await openRig({ ipcMode: 'reliable' }).live('sdp');
    vi.advanceTimersByTime(10_000);

    rig.camera.sendMessage('hello');
    rig.camera.startRecording();
    vi.advanceTimersByTime(10_000);

    expect(rig.errors).toEqual(['picamera/unknown-generation', 'picamera/unknown-generation']);
    expect(rig.channel(2).sent).toEqual([]);
  });

  it('of a newer generation is told', async () => {
    const rig = await openRig().live('offer');

    rig.channel(0).say(field(0x0a, 'id'));

    expect(rig.errors).toEqual(['picamera/unsupported']);
  });
});
