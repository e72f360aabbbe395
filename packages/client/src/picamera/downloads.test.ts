import { describe, expect, it, vi } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { bytes, field, legacy, packets, say } from './fake-answers.ts';

const openRig = cameraRigs();

describe('recordings', () => {
  const metadata = (path: string): string =>
    `{"duration":60,"image":"data:image/jpeg;base64,AA==","path":"${path}"}`;

  it('are listed by a device of generation A', async () => {
    const rig = await openRig().live('sdp');
    const command = rig.channel(0);
    rig.camera.getRecordingMetadata();
    expect(command.sent.at(-1)).toBe('{"type":2,"message":"{\\"command\\":0,\\"message\\":\\"\\"}"}');

    say(command, legacy(2, metadata('/r/a.mp4')));

    expect(rig.all('onMetadata')).toEqual([
      [{ duration: 60, image: 'data:image/jpeg;base64,AA==', path: '/r/a.mp4' }],
    ]);
    expect(rig.all('onVideoListLoaded')).toEqual([
      [
        {
          files: [{ filepath: '/r/a.mp4', durationSec: 60, thumbnail: 'data:image/jpeg;base64,AA==' }],
          mode: 0,
        },
      ],
    ]);
    rig.camera.getRecordingMetadata(new Date(2026, 1, 3, 4, 5, 6));
    expect(command.sent.at(-1)).toBe(
      '{"type":2,"message":"{\\"command\\":2,\\"message\\":\\"20260203_040506\\"}"}',
    );
  });

  it('older than another one come one by one; the next question waits until they are here', async () => {
    const rig = await openRig().live('sdp');
    const command = rig.channel(0);
    rig.camera.getRecordingMetadata('/r/z.mp4');
    rig.camera.getRecordingMetadata();
    const before = command.sent.length;

    for (const name of ['c', 'b', 'a']) say(command, legacy(2, metadata(`/r/${name}.mp4`)));
    expect(command.sent).toHaveLength(before);
    vi.advanceTimersByTime(1_000);

    expect(command.sent).toHaveLength(before + 1);
    expect(rig.all('onMetadata')).toHaveLength(3);
    say(command, legacy(2, metadata('/r/y.mp4')));
    expect(rig.errors).toEqual([]);
  });

  it('are eight at most, after which nobody waits', async () => {
    const rig = await openRig().live('offer');
    const command = rig.channel(0);
    rig.camera.fetchVideoList('/r/z.mp4');
    rig.camera.fetchVideoList();

    for (let i = 0; i < 8; i++) {
      const entry = field(0x0a, field(0x0a, `/r/${i}.mp4`), 0x10, 60);
      say(command, packets(3, `u${i}`, entry));
    }

    expect(command.sent).toEqual([
      bytes(0x08, 0x03, field(0x2a, 0x08, 1, field(0x12, '/r/z.mp4'))),
      Uint8Array.of(0x08, 0x03, 0x2a, 0x00),
    ]);
    expect(rig.all('onMetadata').map(([file]) => file)).toContainEqual({
      duration: 60,
      image: '',
      path: '/r/7.mp4',
    });
  });

  it('that are not there are an empty list, and an error where nobody takes lists', async () => {
    const rig = await openRig().live('offer');
    rig.camera.fetchVideoList();
    say(rig.channel(0), packets(3, 'u', ''));
    expect(rig.all('onVideoListLoaded')).toEqual([[{ files: [], mode: 0 }]]);
    expect(rig.errors).toEqual([]);

    delete rig.camera.onVideoListLoaded;
    rig.camera.getRecordingMetadata('/r/a.mp4');
    say(rig.channel(0), packets(3, 'v', ''));

    expect(rig.errors).toEqual(['picamera/no-recordings']);
  });

  it('are not asked for when nobody listens', async () => {
    const rig = await openRig().live('offer');
    delete rig.camera.onMetadata;
    delete rig.camera.onVideoListLoaded;
    delete rig.camera.onVideoDownloaded;

    rig.camera.getRecordingMetadata();
    rig.camera.fetchRecordedVideo('/r/a.mp4');

    expect(rig.channel(0).sent).toEqual([]);
  });

  it.each(['sdp', 'offer'] as const)('that cannot be read are told (%s)', async (family) => {
    const rig = await openRig().live(family);
    rig.camera.getRecordingMetadata();

    const garbage = Uint8Array.of(0x0a, 0x7f, 0x7b);
    say(rig.channel(0), family === 'sdp' ? legacy(2, garbage) : packets(3, 'u', garbage));

    expect(rig.errors).toEqual(['picamera/transfer-damaged']);
  });
});

describe('downloads', () => {
  it('come whole, with progress, one after the other', async () => {
    const rig = await openRig().live('sdp');
    const command = rig.channel(0);
    rig.camera.fetchRecordedVideo('/r/a.mp4');
    rig.camera.downloadVideoFile('/r/b.mp4');
    expect(command.sent.at(-1)).toBe('{"type":3,"message":"/r/a.mp4"}');
    const body = new Uint8Array(100_000).map((_, i) => i);

    say(command, [
      bytes(3, '100000'),
      bytes(3, body.subarray(0, 65_535)),
      bytes(3, body.subarray(65_535)),
      bytes(3),
    ]);

    expect(rig.all('onVideoDownloaded')).toEqual([[body]]);
    expect(rig.all('onProgress')).toEqual([
      [65_535, 100_000, 3],
      [100_000, 100_000, 3],
    ]);
    expect(command.sent.at(-1)).toBe('{"type":3,"message":"/r/b.mp4"}');
  });

  it('come as a stream, which holds nothing', async () => {
    const rig = await openRig().live('offer');
    const stream = rig.camera.streamVideoFile('/r/a.mp4');
    const read = new Response(stream).bytes();

    say(rig.channel(0), packets(4, 'u', 'the file'));

    expect(new TextDecoder().decode(await read)).toBe('the file');
    expect(rig.all('onVideoDownloaded')).toEqual([]);
    expect(rig.all('onProgress')).toEqual([[8, 8, 3]]);
  });

  it('that stop are told, and the stream fails', async () => {
    const rig = await openRig().live('offer');
    const reading = rig.camera.streamVideoFile('/r/a.mp4').getReader().read();
    const [header = bytes()] = packets(4, 'u', 'the file');

    rig.channel(0).say(header);
    vi.advanceTimersByTime(15_000);

    await expect(reading).rejects.toMatchObject({ code: 'picamera/transfer-stalled' });
    expect(rig.errors).toEqual(['picamera/transfer-stalled']);
  });

  it('that were given up are not taken for the next one', async () => {
    const rig = await openRig().live('offer');
    const command = rig.channel(0);
    const [header, chunk, trailer] = packets(4, 'first', 'the wrong file');
    rig.camera.fetchRecordedVideo('/r/a.mp4');
    say(command, [header ?? bytes()]);
    vi.advanceTimersByTime(15_000);
    rig.camera.fetchRecordedVideo('/r/b.mp4');
    say(command, packets(4, 'second', 'the right file'));

    say(command, [chunk ?? bytes(), trailer ?? bytes()]);

    expect(
      rig.all('onVideoDownloaded').map(([file]) => new TextDecoder().decode(file as Uint8Array)),
    ).toEqual(['the right file']);
  });

  it('that the device ends are told', async () => {
    const rig = await openRig().live('offer');
    rig.camera.fetchRecordedVideo('/r/a.mp4');
    const [header = bytes()] = packets(4, 'u', 'the file');

    say(rig.channel(0), [
      header,
      bytes(0x08, 4, field(0x4a, field(0x0a, 'u'), field(0x12, 'the file is gone'))),
    ]);

    expect(rig.errors).toEqual(['picamera/transfer-aborted']);
  });

  it('that nobody asked for are dropped', async () => {
    const rig = await openRig().live('offer');

    say(rig.channel(0), packets(4, 'u', 'the file'));

    expect(rig.all('onVideoDownloaded')).toEqual([]);
    expect(rig.all('onProgress')).toEqual([]);
  });

  it('end with the connection: streams fail, nothing else is told', async () => {
    const rig = await openRig().live('offer');
    const reading = rig.camera.streamVideoFile('/r/a.mp4').getReader().read();
    rig.camera.snapshot();

    rig.camera.terminate();

    await expect(reading).rejects.toMatchObject({ code: 'picamera/terminated' });
    expect(rig.errors).toEqual([]);
  });

  it('fail before there is a connection', async () => {
    const rig = openRig();

    const reading = rig.camera.streamVideoFile('/r/a.mp4').getReader().read();

    await expect(reading).rejects.toMatchObject({ code: 'picamera/not-open' });
  });
});
