import type { LadderInput, UnavailableWay } from '../ladder/ladder.ts';
import type { Failure } from '../transports/failure.ts';
import type { BoardEvent, PathBoard } from './path-board.ts';
import type { PicturePath } from './picture-path.ts';

/** What a relay needs. */
export interface BoardRelayOptions<Ways> {
  readonly open: (ways: Ways, handle: (event: BoardEvent) => void) => PathBoard;
  readonly handle: (event: BoardEvent) => void;
}

/**
 * The board that counts and, after other ways were chosen, the one before: its picture goes on until the new one has its
 * first, and it opens nothing any more.
 */
export class BoardRelay<Ways> {
  readonly #options: BoardRelayOptions<Ways>;
  #board: PathBoard;
  #before: PathBoard | undefined;

  constructor(ways: Ways, options: BoardRelayOptions<Ways>) {
    this.#options = options;
    this.#board = this.#open(ways);
  }

  /** The path whose picture is on the page, while it is open. */
  get shown(): PicturePath | undefined {
    return this.#board.shown ?? this.#before?.shown;
  }

  /** What is wanted, and failed. */
  get unavailable(): readonly UnavailableWay[] {
    return this.#board.unavailable;
  }

  /** Goes other ways, or the same anew. Nothing is opened before the next `climb`. */
  change(ways: Ways): void {
    const { shown } = this.#board;
    if (shown) {
      this.#before?.close();
      this.#before = this.#board;
      this.#before.climb({ kind: 'hold' });
    } else this.#board.close();
    this.#board = this.#open(ways);
  }

  /** Tells the board that counts what happened. */
  climb(input: LadderInput): void {
    this.#board.climb(input);
  }

  /** Whether coded pictures came on the path on the page since the last call. */
  takeReceived(): boolean {
    return (this.#board.shown ? this.#board : (this.#before ?? this.#board)).takeReceived();
  }

  /** The path on the page brings nothing: others are opened beside it. */
  stall(): void {
    this.#board.stall();
  }

  /** Nobody looks: no pictures, no new connections. */
  pause(): void {
    for (const board of this.#boards) board.pause();
  }

  /** Somebody looks again. */
  resume(): void {
    for (const board of this.#boards) board.resume();
  }

  /** All connections are gone, with this reason. */
  fail(failure: Failure): void {
    for (const board of this.#boards) board.fail(failure);
  }

  /** Says goodbye on all paths: the page may not come back. */
  leave(): void {
    for (const board of this.#boards) board.leave();
  }

  /** Ends everything for good. */
  close(): void {
    for (const board of this.#boards) board.close();
  }

  get #boards(): readonly PathBoard[] {
    return this.#before ? [this.#before, this.#board] : [this.#board];
  }

  #open(ways: Ways): PathBoard {
    const board: PathBoard = this.#options.open(ways, (event) => this.#handle(board, event));
    return board;
  }

  #handle(board: PathBoard, event: BoardEvent): void {
    const { handle } = this.#options;
    if (board !== this.#board) {
      // The numbers of its paths mean nothing to the other ladder.
      if (event.kind === 'painted' || event.kind === 'other') handle(event);
      else if (event.kind === 'message') handle({ ...event, path: -1 });
      return;
    }
    if (event.kind === 'shown') {
      this.#before?.close();
      this.#before = undefined;
    }
    // What was chosen does not work here at all, which is no reason to take away what does.
    if (event.kind === 'refused' && this.#before?.shown && event.failure.remedy === 'other-transport') return;
    handle(event);
  }
}
