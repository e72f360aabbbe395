import { expect, it } from 'vitest';
import type { LadderInput } from '../ladder/ladder.ts';
import { BoardRelay } from './board-relay.ts';
import type { BoardEvent, PathBoard } from './path-board.ts';
import type { PicturePath } from './picture-path.ts';

/** A board that shows what the test says. */
class FakeBoard {
  readonly ways: string;
  readonly tell: (event: BoardEvent) => void;
  readonly heard: string[] = [];
  readonly unavailable = [];
  shown: PicturePath | undefined;

  constructor(ways: string, tell: (event: BoardEvent) => void) {
    this.ways = ways;
    this.tell = tell;
  }

  paint(): void {
    const path = { player: this.ways } as unknown as PicturePath;
    this.shown = path;
    this.tell({ kind: 'shown', path });
  }

  climb = ({ kind }: LadderInput): unknown => this.heard.push(kind);
  close = (): unknown => this.heard.push('close');
  pause = (): unknown => this.heard.push('pause');
}

const REFUSED: BoardEvent = {
  kind: 'refused',
  failure: { code: 'webrtc/no-h264', reason: 'No H.264.', remedy: 'other-transport' },
};
const REVOKED: BoardEvent = {
  kind: 'refused',
  failure: { code: 'session/revoked', reason: 'The token was taken back.', remedy: 'refused' },
};

function setUp() {
  const boards: FakeBoard[] = [];
  const told: BoardEvent[] = [];
  const relay = new BoardRelay<string>('webrtc', {
    open: (ways, handle) => {
      const board = new FakeBoard(ways, handle);
      boards.push(board);
      return board as unknown as PathBoard;
    },
    handle: (event) => told.push(event),
  });
  const board = (n: number): FakeBoard => {
    const found = boards[n];
    if (!found) throw new Error(`no board ${n}`);
    return found;
  };
  return { relay, told, board, kinds: () => told.splice(0).map(({ kind }) => kind) };
}

it('shows the picture of before until the new ways have one, and then ends the old', () => {
  const { relay, board, kinds } = setUp();
  board(0).paint();
  relay.change('jpeg');
  relay.climb({ kind: 'start' });

  expect(board(0).heard).toEqual(['hold']);
  expect(board(1).heard).toEqual(['start']);
  expect(relay.shown?.player).toBe('webrtc');
  board(1).paint();
  expect(relay.shown?.player).toBe('jpeg');
  expect(board(0).heard).toEqual(['hold', 'close']);
  expect(kinds()).toEqual(['shown', 'shown']);
});

it('tells of the picture that goes on, and of nothing that its connection meets', () => {
  const { relay, board, kinds } = setUp();
  board(0).paint();
  relay.change('jpeg');
  kinds();
  board(0).tell({ kind: 'painted', frame: { paintedAt: 1 as never, width: 2, height: 2 } });
  board(0).tell({ kind: 'other', text: '{}' });
  board(0).tell({ kind: 'blocked' });
  board(0).tell(REVOKED);

  expect(kinds()).toEqual(['painted', 'other']);
});

it('keeps the picture where the new way does not work here, and gives up where the server says no', () => {
  const { relay, board, kinds } = setUp();
  board(0).paint();
  relay.change('webrtc');
  kinds();
  board(1).tell(REFUSED);
  expect(kinds()).toEqual([]);
  board(1).tell(REVOKED);
  expect(kinds()).toEqual(['refused']);
});

it('ends at once what has no picture yet', () => {
  const { relay, board } = setUp();
  relay.change('jpeg');
  relay.change('webrtc');

  expect([0, 1].map((n) => board(n).heard)).toEqual([['close'], ['close']]);
});

it('holds, of several changes in a row, the one picture that there is', () => {
  const { relay, board } = setUp();
  board(0).paint();
  relay.change('jpeg');
  relay.change('mse');
  relay.pause();

  expect(relay.shown?.player).toBe('webrtc');
  expect(board(0).heard).toEqual(['hold', 'pause']);
  expect(board(1).heard).toEqual(['close']);
  expect(board(2).heard).toEqual(['pause']);
});
