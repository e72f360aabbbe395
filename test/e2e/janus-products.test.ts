import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { BreakableWire } from '../support/breakable-wire.ts';
import { type JanusPageRig, LATE, openJanusPageRig, SOUND } from '../support/janus-page/janus-page-rig.ts';
import { inWords } from '../support/janus-page/wire-in-words.ts';
import { laterFrame } from '../support/painted-picture.ts';
import { heardIn } from '../support/picamera/said-sound.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

const PATIENCE = { timeout: 20_000 };

describe('TinyPilot and PiKVM at our Janus API, message by message', () => {
  let rig: JanusPageRig;
  let wire: BreakableWire | undefined;

  beforeAll(async () => {
    rig = await openJanusPageRig();
  });

  afterEach(() => {
    rig.signal.silent = false;
    wire?.close();
    wire = undefined;
  });

  afterAll(() => rig?.close());

  it('as TinyPilot, through /janus/ws: the picture and, where there is some, the sound', async () => {
    const url = (name: string) => `${rig.server.url.replace('http', 'ws')}/janus/ws?client=${name}`;
    await rig.page.open('tinypilot', { kind: 'tinypilot', server: url('tinypilot') });
    await rig.moves('tinypilot');
    await rig.page.open('heard', { kind: 'tinypilot', server: url('heard'), plugin: SOUND });
    await rig.moves('heard');

    await expect.poll(() => rig.page.call('loudness', 'heard'), PATIENCE).toBeGreaterThan(0.1);
    expect((await rig.says('heard')).filter((line) => line.startsWith('track'))).toEqual(
      expect.arrayContaining(['track video', 'track audio']),
    );
    expect(Object.keys(await rig.page.call('received', 'tinypilot'))).toEqual(['video']);
    expect(await rig.says('tinypilot')).toContain('mode h264');
    const words = inWords(rig.page.wire('client=tinypilot'));
    expect(words.filter((line) => line.startsWith('client'))).toEqual([
      'client: create',
      'client: attach janus.plugin.ustreamer',
      'client: watch {"audio":true}',
      'client: start with answer',
    ]);
    expect(words.filter((line) => line.startsWith('server'))).toEqual([
      'server: started with offer',
      'server: started',
      'server: webrtcup',
    ]);
    const attach = rig.page.wire('client=tinypilot').find(({ message }) => message['janus'] === 'attach');
    expect(attach?.message['opaque_id']).toMatch(/^tinypilot-\w{8}$/);
    const completed = rig.page
      .wire('client=tinypilot')
      .filter(({ message }) => message['janus'] === 'trickle');
    expect(completed.at(-1)?.message['candidate']).toEqual({ completed: true });
    await rig.page.call('destroy', 'heard');
  });

  it('keeps the tracks of TinyPilot though the camera sends nothing, which it would take away when mute', async () => {
    rig.signal.silent = true;
    const { video = 0 } = await rig.page.call('received', 'tinypilot');
    await expect
      .poll(async () => (await rig.page.call('received', 'tinypilot'))['video'], PATIENCE)
      .toBeGreaterThan(video + 3000);
    // janus.js calls a track mute that brings nothing for 2.5 s.
    await new Promise((later) => setTimeout(later, 3000));
    const picture = () => laterFrame(rig.page.page, '#tinypilot');
    // The last pictures come again and again: one before the newest may be seen for a moment.
    const shown = Math.max(await picture(), await picture(), await picture());
    await expect.poll(picture).toBe(shown);
    rig.signal.silent = false;
    await laterFrame(rig.page.page, '#tinypilot', shown + 3);

    expect(
      (await rig.says('tinypilot')).filter((line) => /^(?:track gone|down|mode mjpeg)/.test(line)),
    ).toEqual([]);
    await rig.page.call('destroy', 'tinypilot');
  });

  it('as PiKVM: features first, the picture turned, sound in stereo, a key picture when it asks', async () => {
    await rig.page.open('pikvm', {
      kind: 'pikvm',
      server: `${rig.ws}?client=pikvm`,
      plugin: SOUND,
      params: { orientation: 90 },
    });
    const size = () =>
      rig.page.page.evaluate(() => {
        const video = document.querySelector<HTMLVideoElement>('#pikvm video');
        return `${video?.videoWidth}x${video?.videoHeight}`;
      });

    await expect.poll(size, PATIENCE).toBe('240x320');
    expect(await rig.says('pikvm')).toEqual(
      expect.arrayContaining([
        'event features',
        'active',
        'track video created',
        'track audio created',
        'up',
      ]),
    );
    expect((await rig.says('pikvm')).find((line) => line.startsWith('features'))).toBe(
      'features {"audio":true,"mic":true}',
    );
    expect(inWords(rig.page.wire('client=pikvm'))).toEqual([
      'client: create',
      `client: attach ${SOUND}`,
      'client: features',
      'server: features',
      'client: watch {"orientation":90,"audio":true,"mic":false,"camera":false}',
      'server: started with offer',
      'client: start with answer',
      'server: started',
      'server: webrtcup',
    ]);
    expect((await rig.page.call('described', 'pikvm')).answer).toContain('useinbandfec=1;stereo=1');

    await rig.page.call('drop', 'pikvm');
    await expect.poll(rig.sessions, PATIENCE).toEqual([]);
    await expect.poll(async () => await rig.says('pikvm'), PATIENCE).toContain('down DTLS alert');
    await rig.page.call('destroy', 'pikvm');

    // One whose browser counts no pictures asks for a key picture each second, and is answered without an event.
    await rig.page.open('frozen', { kind: 'pikvm', server: `${rig.ws}?client=frozen`, frozen: true });
    await rig.moves('frozen');
    const asked = () =>
      inWords(rig.page.wire('client=frozen')).filter((line) => line === 'client: key_required').length;
    const before = rig.signal.keyFramesAsked;
    await expect.poll(asked, PATIENCE).toBeGreaterThan(1);
    await expect.poll(() => rig.signal.keyFramesAsked, PATIENCE).toBeGreaterThan(before);
    expect(inWords(rig.page.wire('client=frozen')).filter((line) => line.startsWith('server'))).toEqual([
      'server: features',
      'server: started with offer',
      'server: started',
      'server: webrtcup',
    ]);
    await rig.page.call('destroy', 'frozen');
  });

  it('as PiKVM up to 4.61, which does not wait to be told the features', async () => {
    await rig.page.open('hasty', { kind: 'pikvm', server: `${rig.ws}?client=hasty`, hasty: true });
    await rig.moves('hasty');

    expect(inWords(rig.page.wire('client=hasty')).filter((line) => line.startsWith('client'))).toEqual([
      'client: create',
      'client: attach janus.plugin.ustreamer',
      'client: features',
      'client: watch {"orientation":0,"audio":true}',
      'client: start with answer',
    ]);
    await rig.page.call('destroy', 'hasty');
  });

  it('a microphone of the page is heard by the server, and the camera by the page', async () => {
    await rig.page.open('talks', {
      kind: 'pikvm',
      server: `${rig.ws}?client=talks&token=${rig.token}`,
      plugin: SOUND,
      params: { mic: true },
    });
    await rig.moves('talks');
    expect((await rig.page.call('described', 'talks')).answer).toMatch(/m=audio [\s\S]*a=sendrecv/);

    await expect.poll(() => heardIn(rig.said).loudest, { ...PATIENCE, interval: 500 }).toBeGreaterThan(0.1);
    await expect.poll(() => rig.page.call('loudness', 'talks'), PATIENCE).toBeGreaterThan(0.1);
    await rig.page.call('destroy', 'talks');

    // Who may only look is heard by nobody, whatever the page wishes.
    await rig.page.open('mute', {
      kind: 'pikvm',
      server: `${rig.ws}?client=mute`,
      plugin: SOUND,
      params: { mic: true },
    });
    await rig.moves('mute');
    expect((await rig.page.call('described', 'mute')).offer).toMatch(/m=audio [\s\S]*a=sendonly/);
    await rig.page.call('destroy', 'mute');
  });

  it('a camera without a picture yet is asked for again in the way of each, and shown when it has one', async () => {
    const plugin = LATE;
    for (const kind of ['guide', 'tinypilot', 'pikvm'] as const)
      await rig.page.open(`late-${kind}`, { kind, server: `${rig.ws}?client=late-${kind}`, plugin });
    for (const kind of ['guide', 'tinypilot', 'pikvm'] as const)
      await expect
        .poll(
          async () => (await rig.says(`late-${kind}`)).filter((line) => line.startsWith('event 503')).length,
          PATIENCE,
        )
        .toBeGreaterThan(0);
    rig.late.silent = false;
    for (const kind of ['guide', 'tinypilot', 'pikvm'] as const) {
      await rig.moves(`late-${kind}`);
      const words = inWords(rig.page.wire(`client=late-${kind}`));
      const watches = words.filter((line) => line.startsWith('client: watch')).length;
      // One for each refusal and the first: nobody asks as fast as the network lets him.
      expect(watches).toBe(words.filter((line) => line === 'server: 503').length + 1);
      if (kind === 'pikvm') expect(words).toContain('server: stopped');
      await rig.page.call('destroy', `late-${kind}`);
    }
  });

  it('a connection that breaks: PiKVM begins anew, TinyPilot shows MJPEG from then on', async () => {
    wire = new BreakableWire(rig.server.janusPorts.ws ?? 0);
    const url = await wire.open();
    await rig.page.open('back', { kind: 'pikvm', server: `${url}/?client=back` });
    await rig.page.open('gone', { kind: 'tinypilot', server: `${url}/?client=gone` });
    await rig.moves('back');
    await rig.moves('gone');
    wire.cut();

    await expect.poll(async () => await rig.says('gone'), PATIENCE).toContain('mode mjpeg');
    await expect
      .poll(async () => (await rig.says('back')).filter((line) => line === 'active').length, PATIENCE)
      .toBeGreaterThan(2);
    await rig.moves('back');
    expect((await rig.says('gone')).filter((line) => line === 'attached')).toHaveLength(1);
    for (const name of ['back', 'gone']) await rig.page.call('destroy', name);
  });
});
