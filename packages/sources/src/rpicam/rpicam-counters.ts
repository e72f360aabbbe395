/** What a Raspberry Pi camera's source did since it was made. */
export interface RpicamCounters {
  readonly units: number;
  /** Captures that were begun, switches and further tries included. */
  readonly starts: number;
  /** Captures that ended by themselves. */
  readonly failures: number;
  /** Captures given up because no picture came for too long. */
  readonly stalls: number;
  /** Restarts because of changed settings. */
  readonly switches: number;
  /** How long the picture stood at the last restart, from the old capture's last picture to the new one's first. */
  readonly lastGapMs: number;
}

/** Nothing yet. */
export const NO_RPICAM_COUNTERS: RpicamCounters = {
  units: 0,
  starts: 0,
  failures: 0,
  stalls: 0,
  switches: 0,
  lastGapMs: 0,
};
