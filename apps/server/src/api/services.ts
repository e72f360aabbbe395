import type { Logger, Micros } from '@pinhole/core';
import type { Cameras, ViewerRegistry, ViewerSessions } from '@pinhole/engine';
import type { TokenStore } from '../auth/token-store.ts';
import type { PresetStore } from '../controls/preset-store.ts';
import type { Recordings } from '../recordings/recordings.ts';
import type { RoomsConfig } from '../rooms/rooms-fields.ts';

/** What the REST side reads and changes. */
export interface ApiServices {
  readonly cameras: Cameras;
  readonly viewers: ViewerRegistry;
  readonly sessions: Pick<ViewerSessions, 'stats'>;
  readonly tokens: TokenStore;
  readonly presets: PresetStore;
  readonly recordings: Recordings;
  /** Which signaling rooms there are. */
  readonly rooms: Pick<RoomsConfig, 'mode' | 'names'>;
  readonly version: string;
  /** UTC. */
  readonly now: () => Micros;
  readonly log: Logger;
}
