import { describe, expect, it, vi } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { settled } from './fake-device.ts';
import { FakeMicrophone } from './fake-platform.ts';

const openRig = cameraRigs();

describe('picture and sound', () => {
  it('are told with each track, with or without a stream', async () => {
    vi.stubGlobal(
      'MediaStream',
      class {
        tracks: unknown;
        constructor(tracks: unknown) {
          this.tracks = tracks;
        }
      },
    );
    const rig = await openRig().live('offer');
    const stream = { id: 'garden' };
    const [video, audio] = [{ kind: 'video' }, { kind: 'audio', enabled: true }];

    rig.connection.bring(video, [stream]);
    rig.connection.bring(audio, []);

    expect(rig.all('onStream')).toEqual([[stream], [{ tracks: [audio] }]]);
    expect(rig.all('onSfuStream')).toEqual([]);
    vi.unstubAllGlobals();
  });

  it('are heard as toggleSpeaker says', async () => {
    const rig = await openRig({ isSpeakerOn: false }).live('offer');
    const audio = { kind: 'audio', enabled: true };

    rig.connection.bring(audio, [{}]);
    expect(audio.enabled).toBe(false);
    rig.camera.toggleSpeaker();
    expect(audio.enabled).toBe(true);
    rig.camera.toggleSpeaker(true);
    expect(audio.enabled).toBe(true);
    rig.camera.toggleSpeaker();

    expect(audio.enabled).toBe(false);
  });
});

describe('the microphone', () => {
  it('is asked for when connecting, and not waited for', async () => {
    const microphone = new FakeMicrophone();
    const rig = openRig({ isMicOn: true });
    let grant: (stream: MediaStream) => void = () => {};
    rig.platform.microphone = () => new Promise((resolve) => (grant = resolve));
    await rig.live('sdp');
    const [, audio] = rig.connection.transceivers;
    expect(audio?.sender.track).toBeUndefined();

    grant(microphone.stream);
    await settled();

    expect(audio?.sender.track).toBe(microphone);
    expect(microphone.enabled).toBe(true);
    rig.camera.toggleMic();
    expect(microphone.enabled).toBe(false);
    rig.camera.toggleMic(true);
    expect(microphone.enabled).toBe(true);
    rig.camera.terminate();
    expect(microphone.stopped).toBe(true);
  });

  it('that is refused is told, and all else goes on', async () => {
    const rig = await openRig({ isMicOn: true }).live('offer');

    expect(rig.errors).toEqual(['picamera/microphone']);
    expect(rig.camera.getStatus()).toBe('connected');
    rig.camera.toggleMic(false);
    rig.camera.toggleMic(true);
    expect(rig.platform.asked).toBe(2);
    await settled();
    expect(rig.errors).toHaveLength(2);
  });

  it('is not asked for before it is wanted', async () => {
    const microphone = new FakeMicrophone();
    const rig = openRig();
    rig.platform.microphone = () => Promise.resolve(microphone.stream);
    await rig.live('offer');
    expect(rig.platform.asked).toBe(0);

    rig.camera.toggleMic();
    await settled();

    expect(rig.connection.transceivers[1]?.sender.track).toBe(microphone);
  });

  it('that is granted too late is let go', async () => {
    const microphone = new FakeMicrophone();
    let grant: (stream: MediaStream) => void = () => {};
    const rig = openRig({ isMicOn: true });
    rig.platform.microphone = () => new Promise((resolve) => (grant = resolve));
    await rig.offer();
    rig.camera.terminate();

    grant(microphone.stream);
    await settled();

    expect(microphone.stopped).toBe(true);
  });

  it('is kept when the connection is built anew', async () => {
    const microphone = new FakeMicrophone();
    const rig = openRig({ isMicOn: true });
    rig.platform.microphone = () => Promise.resolve(microphone.stream);
    await rig.live('sdp');
    rig.connection.become('failed');

    expect(rig.platform.connections).toHaveLength(2);
    expect(rig.connection.transceivers[1]?.sender.track).toBe(microphone);
    expect(rig.platform.asked).toBe(1);
  });
});
