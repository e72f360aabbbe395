import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRecordingsServer, type RecordingsServer } from '../support/recordings-server.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { needs } from '../support/third-parties.ts';

interface Upload {
  readonly waiting: number;
  readonly fault?: { readonly code: string; readonly why: string };
}

needs('swift').describe(
  'a server that copies its recordings to a storage service',
  { timeout: 60_000 },
  () => {
    let service: S3Server;
    let server: RecordingsServer;
    const secretFile = join(tmpdir(), `pinhole-s3-secret-${process.pid}`);
    beforeAll(async () => {
      service = await startS3Server();
      const { endpoint, bucket, region, accessKeyId, secretAccessKey } = service.target;
      await writeFile(secretFile, `${secretAccessKey}\n`, { mode: 0o600 });
      const upload = { endpoint, bucket, accessKeyId, prefix: 'garden/', secretAccessKeyFile: secretFile };
      server = await openRecordingsServer({
        cameras: { door: { source: 'synthetic:160x120@15', record: 'both' } },
        recordings: { segmentSeconds: 1, timeZone: 'UTC', upload: { ...upload, ...(region && { region }) } },
      });
    }, 60_000);
    afterAll(async () => {
      await server.close();
      await service.close();
      await rm(secretFile, { force: true });
    });

    const uploadState = async (): Promise<Upload> =>
      (await server.get('/api/v1/cameras/door/recording'))['upload'] as Upload;

    it('has each complete recording there, byte for byte, with its picture', async () => {
      const copied = async () => (await service.list()).filter((name) => name.endsWith('.mp4'));
      await expect.poll(async () => (await copied()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);

      for (const name of (await copied()).slice(0, 3)) {
        expect(name).toMatch(/^garden\/door\/\d{8}\/\d\d\/\d{8}_\d{6}\.mp4$/);
        const local = await readFile(join(server.root, name.slice('garden/'.length)));
        expect(Buffer.from((await service.read(name)) ?? []).equals(local)).toBe(true);
      }
      expect((await service.list()).some((name) => name.endsWith('.jpg'))).toBe(true);
      expect(await uploadState()).not.toHaveProperty('fault');
      expect(await server.metric('pinhole_uploads_total{result="sent"}')).toBeGreaterThanOrEqual(3);
    });

    it('says that the service is away, records on, and goes on once it is back', async () => {
      await service.stop();
      await expect
        .poll(async () => (await uploadState()).fault?.code, { timeout: 20_000 })
        .toMatch(/^upload\/(?:unreachable|busy)$/);
      expect(await server.metric('pinhole_uploads_failing')).toBe(1);
      expect(await server.get('/api/v1/cameras/door/recording')).toMatchObject({ recording: true });

      await service.start();

      await expect.poll(async () => (await uploadState()).fault, { timeout: 30_000 }).toBeUndefined();
      await expect
        .poll(async () => (await uploadState()).waiting, { timeout: 20_000 })
        .toBeLessThanOrEqual(1);
    });

    it('tells its key nowhere', async () => {
      const { secretAccessKey, accessKeyId } = service.target;
      const metrics = (await server.ask('/metrics', { token: server.adminToken })).text;
      const told = [
        server.logged(),
        metrics,
        JSON.stringify(await server.get('/api/v1/cameras/door/recording')),
      ];

      for (const text of told) {
        expect(text).not.toContain(secretAccessKey);
        expect(text).not.toContain(accessKeyId);
      }
    });
  },
);

it.each([
  [
    'a key that is missing',
    { endpoint: 'http://localhost:9', bucket: 'films' },
    'recordings.upload.accessKeyId is missing',
  ],
  [
    'no address',
    { endpoint: 'films', bucket: 'films', accessKeyId: 'a', secretAccessKey: 'TopSecret' },
    'endpoint is no address',
  ],
  [
    'a file that is not there',
    { endpoint: 'http://localhost:9', bucket: 'films', accessKeyId: 'a', secretAccessKeyFile: '/nowhere' },
    'secretAccessKeyFile "/nowhere" cannot be read',
  ],
])('%s is told before anything is opened', async (_name, upload, words) => {
  const refused = openRecordingsServer({ recordings: { upload } });

  await expect(refused).rejects.toMatchObject({
    code: 'upload/bad-setting',
    message: expect.stringContaining(words) as string,
  });
  await expect(refused).rejects.not.toMatchObject({
    message: expect.stringContaining('TopSecret') as string,
  });
});

it('a key that is no text is not repeated', async () => {
  const upload = {
    endpoint: 'http://localhost:9',
    bucket: 'films',
    accessKeyId: 'a',
    secretAccessKey: 424_242,
  };

  await expect(openRecordingsServer({ recordings: { upload } } as never)).rejects.toMatchObject({
    code: 'config/invalid',
    message: expect.not.stringContaining('424242') as string,
  });
});
