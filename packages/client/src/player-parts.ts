import type { ClockOffset } from './clock/clock-offset.ts';
import { endpointsOf } from './endpoints.ts';
import type { LivePlayerOptions, PictureWays } from './live-player-options.ts';
import { BoardRelay } from './paths/board-relay.ts';
import { type BoardEvent, PathBoard } from './paths/path-board.ts';
import { PathOpener } from './paths/path-opener.ts';
import { present } from './present.ts';
import { Screen } from './screen.ts';

/** What a player is made of. */
export interface PlayerParts {
  readonly screen: Screen;
  readonly boards: BoardRelay<PictureWays>;
  /** Opens the paths of the ways that were chosen last. */
  readonly opener: () => PathOpener;
}

/**
 * Makes a player's parts from what it was told.
 * @throws {PinholeError} `client/address` when the options name no camera
 */
export function createParts(
  options: LivePlayerOptions,
  { clock, handle }: { readonly clock: ClockOffset; readonly handle: (event: BoardEvent) => void },
): PlayerParts {
  const { transport, iceServers } = options;
  const origin = transport ?? endpointsOf(options, document.baseURI);
  const token = options.token ?? origin.token;
  const screen = new Screen(options.container);
  const createOpener = ({ players = ['webcodecs', 'mse', 'jpeg'] }: PictureWays): PathOpener =>
    new PathOpener({
      origin,
      clock,
      players,
      ...present({ token, iceServers }),
    });
  let opener: PathOpener;
  const boards = new BoardRelay<PictureWays>(options, {
    open: (ways, handleBoard) => {
      const { transports = ['webrtc', 'websocket'] } = ways;
      opener = createOpener(ways);
      return new PathBoard({
        order: transport ? [transport.name] : transports,
        opener,
        screen,
        handle: handleBoard,
      });
    },
    handle,
  });
  return { screen, boards, opener: () => opener };
}
