import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, '../../packages/media/src/sdp/fixtures');

/** An offer as Chromium makes it. */
export const chromiumOffer = (): string =>
  readFileSync(join(FIXTURES, 'chromium-156.offer.sdp'), 'utf8').replaceAll(/\r?\n/g, '\r\n');

/** `count` offers that were real ones until one to four things in them were broken; the same in every run. */
export function brokenOffers(count: number): string[] {
  const random = seededRandom(11);
  const whole = (below: number): number => Math.floor(random() * below);
  return Array.from({ length: count }, () => {
    let lines = chromiumOffer().split('\r\n');
    for (let times = 1 + whole(4); times > 0; times--) {
      const at = whole(lines.length);
      const line = lines[at] ?? '';
      const breaks: readonly (() => string[])[] = [
        () => lines.toSpliced(at, 1),
        () => lines.toSpliced(at, 0, line, line),
        () => lines.slice(0, at),
        () => lines.toSpliced(at, 1, line.slice(0, whole(line.length))),
        () =>
          lines.toSpliced(
            at,
            1,
            line.replace(/\d+/, () => String(whole(2 ** 40))),
          ),
        () => lines.toSpliced(at, 1, line.replace(/\d+/, '-1')),
        () => lines.toSpliced(at, 1, line.toUpperCase()),
        () =>
          lines.toSpliced(at, 1, `${line.slice(0, 2)}${String.fromCodePoint(whole(0xd000))}${line.slice(3)}`),
        () => lines.toSpliced(at, 1, line + 'x'.repeat(whole(5000))),
        () => lines.toReversed(),
      ];
      lines = breaks[whole(breaks.length)]?.() ?? lines;
    }
    return lines.join('\r\n');
  });
}

/** Mulberry32. */
export const seededRandom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
