import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { type ClientRig, openClientRig } from '../support/picamera-client/client-rig.ts';
import { DocumentedSnippets } from '../support/picamera-client/documented-snippets.ts';
import type { PicameraClients } from '../support/picamera-client/picamera-page.ts';
import { needs } from '../support/third-parties.ts';

needs('chromium', 'ffmpeg', 'python3').describe('the browser library with a camera of this program', () => {
  const { it } = needs('chromium', 'ffmpeg', 'python3');
  let rig: ClientRig;
  let clients: PicameraClients;

  beforeAll(async () => {
    rig = await openClientRig({ daemons: [] });
    ({ clients } = rig);
  });

  afterAll(() => rig?.close());

  describe('runs what the documentation shows', () => {
    let snippets: DocumentedSnippets;
    beforeAll(() => {
      snippets = new DocumentedSnippets(clients, rig.pinhole);
    });
    afterEach(() => snippets.end());

    it('shows the live picture', async () => {
      await snippets.run('onError');

      const seen = await snippets.frames(10);
      expect(seen).toEqual([...new Set(seen)].toSorted((x, y) => x - y));
    });

    it('shows the live picture as a page for the device does', async () => {
      await snippets.run('pinhole.local', 'docs/picamera.md');

      await snippets.frames(5);
    });

    it('takes a snapshot', async () => {
      await snippets.run('onSnapshot');

      await snippets.closed();
      const [url] = await snippets.told('onSnapshot');
      const picture = await clients.run('readPicture', String(url));
      expect(picture).toMatchObject({ width: 320, height: 240 });
      expect(picture.frameNumber).toBeGreaterThan(0);
    });

    it('talks with a program', async () => {
      await snippets.run('sendMessage');

      await snippets.closed();
      expect((await snippets.told('onMessage'))[0]).toBe('Hello Reliable Channel!');
    });

    it('loads the newest recording', async () => {
      const loaded = clients.page.waitForEvent('download');
      await snippets.run('video_filename.mp4');

      expect((await loaded).suggestedFilename()).toBe('video_filename.mp4');
      await snippets.closed();
      const [metadata] = await snippets.told('onMetadata');
      const { path, duration } = metadata as { readonly path: string; readonly duration: number };
      // Whole seconds of a file that is about one second long.
      expect([0, 1, 2]).toContain(duration);
      const [onDevice, inPage] = await snippets.sums(path);
      expect(inPage).toBe(onDevice);
    });

    it('sets properties', async () => {
      await snippets.run('AwbCloudy');
      await snippets.told('onDatachannel');

      await clients.page.evaluate('setAwb(); setAf()');

      await snippets.until(() => Promise.resolve(rig.fake.changes().some((change) => 'AwbMode' in change)));
      const focus = /"control":"autofocus","value":"continuous".*"msg":"control changed"/;
      await snippets.until(() => Promise.resolve(focus.test(rig.pinhole.output())));
    });

    it('finds the broker on the host of the page, which wants a password', async () => {
      await snippets.run('some-unique-uuid');
      await clients.run('connectSnippet');

      await snippets.closed();
      const errors = (await clients.run('snippet')).told.filter(({ name }) => name === 'onError');
      expect(errors.at(-1)?.values).toMatchObject([{ code: 'picamera/broker-refused' }]);
    });
  });

  it('takes the snapshot of what is live, and leaves nothing behind at the device', async () => {
    await clients.connect('viewer', rig.options('garden', { mqttPassword: rig.pinhole.token }));
    const [first] = (await clients.frames('viewer')).slice(-1);
    await clients.event('viewer', 'onDatachannel');
    await clients.run('call', 'viewer', 'snapshot', 90);
    const [url] = await clients.event('viewer', 'onSnapshot');
    const { frameNumber } = await clients.run('readPicture', String(url));
    const [last] = (await clients.frames('viewer')).slice(-1);

    expect(frameNumber).toBeGreaterThanOrEqual(first?.frameNumber ?? Number.NaN);
    expect(frameNumber).toBeLessThanOrEqual(last?.frameNumber ?? Number.NaN);
    expect(await clients.events('viewer', 'onError')).toEqual([]);
    await clients.run('close', 'viewer');
    await clients.until(async () => (await rig.sessions()) === 0);
    expect((await clients.run('census')).connections).toBe(0);
  });

  it('finds its device again when that was killed and started anew', async () => {
    await clients.connect('viewer', rig.options('garden', { timeout: 0 }));
    await clients.frames('viewer');

    await rig.pinhole.stop('SIGKILL');
    rig.pinhole = await rig.pinhole.restart();
    await clients.run('frames', 'viewer');
    await clients.frames('viewer', 10);

    expect(await clients.run('call', 'viewer', 'getStatus')).toBe('connected');
    await clients.run('close', 'viewer');
  });
});
