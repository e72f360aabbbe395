import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import { problemOf } from './read-settings.ts';
import { bitrateOf, gopFramesOf, type RpicamSettings } from './rpicam-settings.ts';
import type { RpicamSetting } from './setting-kinds.ts';
import { RPICAM_SETTINGS, rpicamSetting } from './setting-table.ts';

/**
 * The controls of a camera that was set up so, which is also what they go back to. With `live`, those that libcamera
 * changes while it runs say so; without, each change restarts the capture program.
 */
export const rpicamControls = (
  initial: RpicamSettings,
  { live }: { readonly live: boolean },
): readonly ControlDescriptor[] =>
  RPICAM_SETTINGS.flatMap((setting) => {
    const kind = kindOf(setting, initial);
    if (kind === undefined) return [];
    const { id, label, group, help, libcamera, risky } = setting;
    return {
      id,
      label,
      group,
      ...(help !== undefined && { help }),
      ...(risky === true && { risky }),
      applies: live && libcamera !== undefined ? 'live' : 'restart',
      ...kind,
    };
  });

/**
 * The settings after one control was set. A bit rate takes the place of a quality, and the other way round.
 * @throws {PinholeError} `control/unknown`, `control/out-of-range`
 */
export function withRpicamControl(settings: RpicamSettings, id: string, value: ControlValue): RpicamSettings {
  const setting = rpicamSetting(id);
  if (setting === undefined || setting.kind === 'text')
    throw new PinholeError('control/unknown', `no control "${id}": use ${CONTROL_IDS.join(', ')}`);
  const wrong = problemOf(setting, value);
  if (wrong !== undefined) throw new PinholeError('control/out-of-range', `${id} ${String(value)}: ${wrong}`);
  return {
    ...settings,
    ...(id === 'bitrate' && { quality: 0 }),
    ...(id === 'quality' && { bitrate: 0 }),
    [id]: value,
  };
}

const AUTOMATIC = 'auto';

const CONTROL_IDS = RPICAM_SETTINGS.filter(({ kind }) => kind !== 'text').map(({ id }) => id);

type ControlKind = ControlDescriptor extends infer Each
  ? Each extends ControlDescriptor
    ? Omit<Each, 'id' | 'label' | 'group' | 'help' | 'applies' | 'risky' | 'inactive'>
    : never
  : never;

function kindOf(setting: RpicamSetting, initial: RpicamSettings): ControlKind | undefined {
  switch (setting.kind) {
    case 'range': {
      const { kind, max, step, unit } = setting;
      // 0 means "none" there, and has to be within reach.
      const min = setting.id === 'quality' ? 0 : setting.min;
      return {
        kind,
        min,
        max,
        step,
        default: numberOf(setting.id, initial),
        ...(unit !== undefined && { unit }),
      };
    }
    case 'switch':
      return { kind: 'switch', default: initial[setting.id] === true };
    case 'menu': {
      const chosen = String(initial[setting.id]);
      const options = {
        ...setting.options,
        ...(!Object.hasOwn(setting.options, chosen) && { [chosen]: chosen }),
      };
      return {
        kind: 'menu',
        default: chosen,
        // An object puts words that are numbers first; what leaves it to the camera belongs there.
        options: Object.entries(options)
          .map(([value, label]) => ({ value, label }))
          .toSorted((a, b) => Number(b.value === AUTOMATIC) - Number(a.value === AUTOMATIC)),
      };
    }
    case 'text':
      return undefined;
  }
}

function numberOf(id: string, initial: RpicamSettings): number {
  if (id === 'bitrate') return bitrateOf(initial);
  if (id === 'gop') return gopFramesOf(initial);
  return Number(initial[id as keyof RpicamSettings]);
}
