import type { CameraPropertyKey } from './camera-keys.ts';

/** English labels for the values of the properties that have names for them. */
export const CameraValueLabels: Readonly<
  Partial<Record<CameraPropertyKey, Readonly<Record<number, string>>>>
> = {
  2: { 0: 'Idle', 1: 'Searching', 2: 'Converged' },
  3: { 0: 'Centre-weighted', 1: 'Spot', 2: 'Matrix', 3: 'Custom' },
  4: { 0: 'Normal', 1: 'Highlights', 2: 'Shadows', 3: 'Custom' },
  5: { 0: 'Normal', 1: 'Short', 2: 'Long', 3: 'Custom' },
  8: { 0: 'Auto', 1: 'Manual' },
  10: { 0: 'Auto', 1: 'Manual' },
  11: { 0: 'Off', 1: 'Manual', 2: 'Auto' },
  18: {
    0: 'Auto',
    1: 'Incandescent',
    2: 'Tungsten',
    3: 'Fluorescent',
    4: 'Indoor',
    5: 'Daylight',
    6: 'Cloudy',
    7: 'Custom',
  },
  33: { 0: 'Manual', 1: 'Auto', 2: 'Continuous' },
  34: { 0: 'Normal', 1: 'Macro', 2: 'Full' },
  35: { 0: 'Normal', 1: 'Fast' },
  36: { 0: 'Auto', 1: 'Windows' },
  38: { 0: 'Start', 1: 'Cancel' },
  39: { 0: 'Immediate', 1: 'Deferred', 2: 'Resume' },
  41: { 0: 'Idle', 1: 'Scanning', 2: 'Focused', 3: 'Failed' },
  42: { 0: 'Running', 1: 'Pausing', 2: 'Paused' },
  43: { 0: 'Off', 1: 'Multi-exposure, unmerged', 2: 'Multi-exposure', 3: 'Single exposure', 4: 'Night' },
  44: { 0: 'None', 1: 'Short', 2: 'Medium', 3: 'Long' },
};
