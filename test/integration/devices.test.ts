import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Esp32Emulator } from '../support/esp32-emulator/index.ts';
import { type FakeRpicam, withFakeRpicam } from '../support/fake-rpicam/fake-rpicam.ts';
import { PROGRAM } from '../support/program.ts';

const run = promisify(execFile);

const devices = (env: Readonly<Record<string, string>>, ...words: readonly string[]) =>
  run(process.execPath, [...PROGRAM, 'devices', ...words], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });

describe('pinhole devices', () => {
  let pi: FakeRpicam;
  let esp32: Esp32Emulator;
  beforeAll(async () => {
    pi = await withFakeRpicam();
    esp32 = await new Esp32Emulator().open();
  });
  afterAll(async () => {
    await pi.remove();
    await esp32.close();
  });

  it('lists a ribbon camera with its modes and controls, and does not start it', async () => {
    const { stdout } = await devices(pi.env);

    expect(stdout).toMatch(/^rpicam:0 {3}\S+, by rpicam-vid$/m);
    expect(stdout).toMatch(/^ {2}\d+x\d+ +[\d.]+ frames\/s$/m);
    expect(stdout).toMatch(/^ {4}brightness +-?[\d.]+ to [\d.]+, default/m);
    expect(pi.starts().filter(({ words }) => !words.includes('--list-cameras'))).toEqual([]);
  }, 30_000);

  it('is read by programs as JSON', async () => {
    const { stdout } = await devices(pi.env, '--json');

    const [first] = (JSON.parse(stdout) as { devices: readonly unknown[] }).devices;
    expect(first).toMatchObject({
      address: 'rpicam:0',
      modes: expect.any(Array),
      controls: expect.any(Array),
    });
  }, 30_000);

  it('asks a camera on the network what it has, by one connection', async () => {
    const { stdout } = await devices({}, `esp32:${esp32.address}`);

    expect(stdout).toContain(`esp32:${esp32.address}`);
    expect(stdout).toMatch(/^ {4}size +.*\d+x\d+/m);
    expect(esp32.mostStreams).toBe(1);
  }, 30_000);

  it('says why a camera does not answer, without its password, and ends with 1', async () => {
    const asked = devices({}, 'rtsp://user:secret@127.0.0.1:9/x');

    await expect(asked).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('refused') });
    await expect(asked).rejects.toMatchObject({ stdout: expect.not.stringContaining('secret') });
  }, 30_000);
});
