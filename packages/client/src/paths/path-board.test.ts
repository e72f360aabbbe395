import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TransportName } from '../ladder/transport-name.ts';
import type { WebSocketPlayerName } from '../players/player-name.ts';
import type { Screen } from '../screen.ts';
import { PathBoard } from './path-board.ts';
import type { PathOpener } from './path-opener.ts';
import type { PathEvent, PicturePath } from './picture-path.ts';

/** A path that does what the test says. */
class FakePath {
  readonly transport: TransportName;
  readonly player: string;
  readonly handle: (event: PathEvent) => void;
  readonly element = {};
  readonly received = 0;
  closed = false;

  constructor(transport: TransportName, player: string, handle: (event: PathEvent) => void) {
    this.transport = transport;
    this.player = player;
    this.handle = handle;
  }

  paint(): void {
    this.handle({ kind: 'painted', frame: { paintedAt: 0 as never, width: 2, height: 2 } });
  }

  fail(): void {
    const failure = { code: 'x/failed', reason: 'It gave up.', remedy: 'retry' } as const;
    if (this.player === 'native') this.handle({ kind: 'failed', failure });
    else this.handle({ kind: 'player-failed', player: this.player as WebSocketPlayerName, failure });
  }

  close(): void {
    this.closed = true;
  }
}

/** A board whose paths are fakes, and what it showed so far. */
function setUp() {
  const paths: FakePath[] = [];
  const shown: string[] = [];
  const out = new Map<string, number>();
  const players: readonly WebSocketPlayerName[] = ['webcodecs', 'jpeg'];
  const opener = {
    get bestPlayer() {
      return players.find((player) => Date.now() >= (out.get(player) ?? 0));
    },
    ruleOut: (player: string) => Boolean(out.set(player, Date.now() + 60_000)),
    open: (transport: TransportName, handle: (event: PathEvent) => void) => {
      const player = transport === 'webrtc' ? 'native' : (opener.bestPlayer ?? 'jpeg');
      const path = new FakePath(transport, player, handle);
      paths.push(path);
      return path as unknown as PicturePath;
    },
  };
  const board = new PathBoard({
    order: ['webrtc', 'websocket'],
    opener: opener as unknown as PathOpener,
    screen: { add: () => {}, show: () => {}, drop: () => {} } as unknown as Screen,
    handle: (event) => {
      if (event.kind === 'shown') shown.push(event.path.player);
    },
  });
  /** Time goes by, in steps of a tick. */
  const pass = (ms: number): void => {
    for (let gone = 0; gone < ms; gone += 200) {
      vi.advanceTimersByTime(200);
      board.climb({ kind: 'tick' });
    }
  };
  const open = (player: string): FakePath => {
    const path = paths.findLast((one) => one.player === player && !one.closed);
    if (!path) throw new Error(`no ${player} is open`);
    return path;
  };
  board.climb({ kind: 'start' });
  return { board, shown, open, pass, paths };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('climbs from JPEG back to a decoder that failed, when that has rested, before it lets JPEG go', () => {
  const { shown, open, pass } = setUp();
  open('webcodecs').paint();
  open('webcodecs').fail();
  open('jpeg').paint();
  const jpeg = open('jpeg');
  expect(shown).toEqual(['webcodecs', 'jpeg']);

  pass(59_000);
  expect(jpeg.closed).toBe(false);
  pass(2_000);
  expect(jpeg.closed).toBe(false);
  open('webcodecs').paint();

  expect(jpeg.closed).toBe(true);
  expect(shown).toEqual(['webcodecs', 'jpeg', 'webcodecs']);
});

it('stays with JPEG when the decoder fails again', () => {
  const { shown, open, pass } = setUp();
  open('webcodecs').fail();
  open('jpeg').paint();
  pass(61_000);
  open('webcodecs').fail();
  open('jpeg').paint();
  pass(1_000);

  expect(shown.at(-1)).toBe('jpeg');
  expect(open('jpeg').closed).toBe(false);
});

it('climbs from JPEG to WebRTC, and tells meanwhile why it is not there', () => {
  const { board, shown, open, pass } = setUp();
  open('webcodecs').fail();
  open('jpeg').paint();
  open('native').fail();
  expect(board.unavailable).toMatchObject([{ transport: 'webrtc', code: 'x/failed' }]);

  pass(8_000);
  open('native').paint();
  expect(shown).toEqual(['jpeg', 'native']);
  expect(board.unavailable).toEqual([]);
  expect(() => open('jpeg')).toThrow('no jpeg is open');
});
