import type { RpicamCode, RpicamFailure } from '../rpicam-code.ts';

/** How a capture program ended. */
export interface ProgramEnd {
  readonly program: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote to stderr, oldest line first. */
  readonly lines: readonly string[];
  /** It never started. */
  readonly error?: Error | undefined;
}

/** What programs say, by their own sources, and what that means. The first that fits any line holds. */
const SAYINGS: readonly (readonly [RegExp, RpicamCode, string])[] = [
  [
    /no cameras available|list index out of range|Camera\(s\) not found|camera is not available|Camera is not (?:detected|enabled)|camera index .*(?:out of range|not)|selected camera/i,
    'source/no-camera',
    'no such camera is found: check the ribbon cable at both ends with the power off, that the account is in the group video, and what rpicam-hello --list-cameras shows',
  ],
  [
    /permission denied/i,
    'source/forbidden',
    'the account may not use the camera: sudo usermod -aG video,render $USER, then log in again',
  ],
  [
    /failed to acquire camera|in use by another process|Device or resource busy|ENOSPC|already in use/i,
    'source/busy',
    'another program has the camera: stop it (motion, mjpg-streamer, a browser tab, a second pinhole); sudo fuser -v /dev/video0 names it',
  ],
  [
    /failed to allocate|dmaHeap|cannot allocate memory|ENOMEM/i,
    'source/no-memory',
    'there is not enough memory for pictures of this size: take a smaller size, or raise cma (dtoverlay=vc4-kms-v3d,cma-256) or gpu_mem in config.txt',
  ],
  [
    /H\.264 codec|video11|cannot find video encoder|unable to open video codec|failed to open .*encoder|no H\.?264/i,
    'source/no-encoder',
    'the encoder is not there: write encoder=software for a Pi 5, encoder=hardware for others',
  ],
  [
    /unrecognised option|Invalid command line option|invalid option|the argument \(|the required argument|Invalid |no such (?:profile|level)|Incompatible options|illegal rotation|transforms requiring|out of range/i,
    'source/bad-option',
    'a setting does not suit this program or camera',
  ],
];

/** Puts the end of a capture program in words. */
export function programFailure({ program, code, signal, lines, error }: ProgramEnd): RpicamFailure {
  if (error !== undefined)
    return { code: 'source/no-program', why: `${program} does not run: ${error.message}` };
  // What was said long before somebody killed it is not why it ended.
  const sayings = signal === null ? SAYINGS : [];
  for (const [pattern, failure, advice] of sayings) {
    const line = lines.findLast(
      (candidate) => pattern.test(candidate) && !/\b(?:WARN|DEBUG)\b/.test(candidate),
    );
    if (line !== undefined) return { code: failure, why: `${advice} (${program}: ${cleaned(line)})` };
  }
  const last = lastMeaningful(lines);
  const said = last === undefined ? '' : `: ${cleaned(last)}`;
  if (signal !== null) return { code: 'source/crashed', why: `${program} was killed by ${signal}${said}` };
  if (code === 0) return { code: 'source/ended', why: `${program} ended by itself${said}` };
  return { code: 'source/crashed', why: `${program} ended with ${String(code)}${said}` };
}

const LONGEST_LINE = 300;

/** Without the stars and time stamps that logs put around it. */
const cleaned = (line: string): string =>
  line
    .replace(/^\[[\d:.]+\]\s*\[\d+\]\s*/, '')
    .replaceAll('***', '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_LINE);

/** The last line that tells something: an error if there is one, else anything but progress. */
function lastMeaningful(lines: readonly string[]): string | undefined {
  const told = lines.filter((line) => line.trim() !== '' && !/\b(?:INFO|DEBUG)\b|^#\d+ \(/.test(line));
  return told.findLast((line) => /error|fail|abort|fatal|terminate|cannot|unable/i.test(line)) ?? told.at(-1);
}
