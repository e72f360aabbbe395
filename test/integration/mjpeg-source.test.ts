import { describe, expect, it } from 'vitest';
import { FORMATS, type FormatName } from '../support/esp32-emulator/index.ts';
import { type MjpegRun, setUpMjpeg, timeCodeOf } from '../support/mjpeg-run.ts';

const LOGIN = { user: 'admin', password: 'p@ss:w/rd' } as const;
const USER_INFO = 'admin:p%40ss%3Aw%2Frd@';

const numbersOf = (run: MjpegRun): number[] =>
  run.pictures.map((picture) => timeCodeOf(picture)?.frameNumber ?? Number.NaN);
const oneByOne = (numbers: readonly number[]): boolean =>
  numbers.every((number, i) => i === 0 || number === (numbers[i - 1] ?? 0) + 1);

describe('a camera that writes its stream', () => {
  it.for(Object.keys(FORMATS) as FormatName[])(
    'as %s gives every picture whole, with its size',
    async (format, test) => {
      const { run } = await setUpMjpeg(test, { emulator: { format } });

      await run.morePictures(6);

      expect(oneByOne(numbersOf(run))).toBe(true);
      expect(run.pictures.at(-1)).toMatchObject({ width: 320, height: 240 });
      expect(run.pictures.map(({ sequence }) => sequence)).toEqual(run.pictures.map((_, i) => i));
      expect(run.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    },
  );

  it('with damage in it loses what is damaged, and counts it', async (test) => {
    const { run } = await setUpMjpeg(test, {
      emulator: {
        picture: (jpeg, number) => {
          if (number % 4 === 1) return jpeg.subarray(0, -2);
          return number % 4 === 3 ? { contentType: 'text/plain', body: Buffer.from('no frame') } : jpeg;
        },
      },
    });

    await run.morePictures(5);

    const numbers = numbersOf(run);
    expect(numbers.every((number) => number % 2 === 0)).toBe(true);
    expect(numbers).toHaveLength(new Set(numbers).size);
    expect(run.source.counters.truncated).toBeGreaterThanOrEqual(2);
  });
});

describe('a camera that wants a password', () => {
  it.for(['basic', 'digest'] as const)('gets it by %s, and nobody else does', async (scheme, test) => {
    const { run } = await setUpMjpeg(test, {
      emulator: { login: { scheme, ...LOGIN } },
      userInfo: USER_INFO,
    });

    await run.morePictures(2);

    expect(JSON.stringify([run.lines, run.states, run.source.describe()])).not.toMatch(/p@ss|p%40ss|admin/);
  });

  it.for([
    ['a wrong one', 'admin:wrong@', 'refused the user name or password'],
    ['none', '', 'wants a user name and password'],
  ] as const)('and gets %s says what is missing', async ([, userInfo, words], test) => {
    const { run } = await setUpMjpeg(test, { emulator: { login: { scheme: 'digest', ...LOGIN } }, userInfo });

    await run.until(() => run.codes.length > 0);

    expect(run.states).toContainEqual(
      expect.objectContaining({ code: 'source/unauthorized', why: expect.stringContaining(words) }),
    );
  });
});

describe('a camera that redirects', () => {
  const to = (location: string): string =>
    `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

  it('within itself is followed', async (test) => {
    const { run, camera } = await setUpMjpeg(test, {
      path: '/old',
      emulator: { answer: (path) => (path === '/old' ? to('/stream?x=1') : undefined) },
    });

    await run.morePictures(2);

    expect(camera.asked.map((asked) => asked.slice(2))).toEqual(['/old', '/stream?x=1']);
  });

  it.for([
    ['to another host', 'http://127.0.0.9/stream', 'to another host, 127.0.0.9'],
    ['to no address', 'javascript:alert(1)', 'no HTTP address'],
    ['in a circle', '/old', 'more than 3 times'],
  ] as const)('%s is not followed, with words', async ([, location, words], test) => {
    const { run, camera } = await setUpMjpeg(test, {
      path: '/old',
      emulator: { answer: () => to(location) },
    });

    await run.until(() => run.codes.length > 0);

    expect(run.states).toContainEqual(
      expect.objectContaining({ code: 'source/redirected', why: expect.stringContaining(words) }),
    );
    expect(camera.asked.length).toBeLessThan(10);
  });
});

describe('a camera that answers otherwise', () => {
  const saying = (status: string, type: string, body: string): string =>
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nConnection: close\r\n\r\n${body}`;

  it.for<readonly [string, string, string, string]>([
    [
      'with a page',
      saying('200 OK', 'text/html', '<h1>Camera 7</h1>'),
      'source/no-video',
      'text/html, "Camera 7"',
    ],
    [
      'with one picture',
      `${saying('200 OK', 'image/jpeg', '')}\xff\xd8\xff\xd9`,
      'source/no-video',
      'one picture',
    ],
    ['that it is not there', saying('404 Not Found', 'text/plain', ''), 'source/not-found', 'check the path'],
    ['that it has no time', saying('503 Busy', 'text/plain', 'too many'), 'source/busy', '503: too many'],
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'source/failed', 'no HTTP'],
    ['nothing', '', 'source/ended', 'closed the connection'],
  ])('%s is put in words', async ([, answer, code, words], test) => {
    const { run } = await setUpMjpeg(test, { emulator: { answer: () => answer } });

    await run.until(() => run.codes.length > 0);

    expect([run.codes[0], run.reasons]).toEqual([code, expect.stringContaining(words)]);
  });

  it('with words in the stream is quoted', async (test) => {
    const { run } = await setUpMjpeg(test, {
      emulator: {
        answer: () =>
          'HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\nConnection: close\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ncamera init failed',
      },
    });

    await run.until(() => run.codes.length > 0);

    expect(run.reasons).toContain('"camera init failed"');
  });
});
