import { LIGHT_SETTINGS } from './light-settings.ts';
import { PICTURE_SETTINGS } from './picture-settings.ts';
import type { RpicamSetting } from './setting-kinds.ts';
import { STREAM_SETTINGS } from './stream-settings.ts';

/** Everything that can be set, in the order of pages. */
export const RPICAM_SETTINGS: readonly RpicamSetting[] = [
  ...PICTURE_SETTINGS,
  ...LIGHT_SETTINGS,
  ...STREAM_SETTINGS,
];

/** The setting of this name. */
export const rpicamSetting = (id: string): RpicamSetting | undefined =>
  RPICAM_SETTINGS.find((setting) => setting.id === id);

/** Settings where 0 is right too, though outside the range: it leaves the matter to us. */
export const hasAutomatic = ({ id }: RpicamSetting): boolean =>
  id === 'bitrate' || id === 'quality' || id === 'gop';
