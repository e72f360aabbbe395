import type { ClockOffset } from './clock/clock-offset.ts';
import { endpointsOf } from './endpoints.ts';
import type { LivePlayerOptions } from './live-player-options.ts';
import { type BoardEvent, PathBoard } from './paths/path-board.ts';
import { PathOpener } from './paths/path-opener.ts';
import { Screen } from './screen.ts';

/** What a player is made of. */
export interface PlayerParts {
  readonly screen: Screen;
  readonly opener: PathOpener;
  readonly board: PathBoard;
}

/**
 * Makes a player's parts from what it was told.
 * @throws {PinholeError} `client/address` when the options name no camera
 */
export function createParts(
  options: LivePlayerOptions,
  { clock, handle }: { readonly clock: ClockOffset; readonly handle: (event: BoardEvent) => void },
): PlayerParts {
  const { transport } = options;
  const origin = transport ?? endpointsOf(options, document.baseURI);
  const token = options.token ?? origin.token;
  const {
    players = ['webcodecs', 'mse', 'jpeg'],
    transports = ['webrtc', 'websocket'],
    iceServers,
  } = options;
  const screen = new Screen(options.container);
  const opener = new PathOpener({
    origin,
    clock,
    players,
    ...(token === undefined ? {} : { token }),
    ...(iceServers === undefined ? {} : { iceServers }),
  });
  return {
    screen,
    opener,
    board: new PathBoard({ order: transport ? [transport.name] : transports, opener, screen, handle }),
  };
}
