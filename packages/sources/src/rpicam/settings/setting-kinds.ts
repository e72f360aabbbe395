import type { ControlGroup } from '@pinhole/engine';
import type { RpicamSettingId } from './rpicam-settings.ts';

interface Described<Id extends RpicamSettingId = RpicamSettingId> {
  readonly id: Id;
  readonly label: string;
  readonly group: ControlGroup;
  readonly help?: string;
  /** libcamera's control, where that can be changed while the camera runs. */
  readonly libcamera?: string;
  /** A value that does not suit may cost the picture. */
  readonly risky?: true;
}

/** A number within limits. */
export interface RangeSetting extends Described {
  readonly kind: 'range';
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  readonly unit?: string;
  /** May be written as `4M` or `800k`. */
  readonly suffixes?: true;
}

/** One of a few words. */
export interface MenuSetting extends Described {
  readonly kind: 'menu';
  /** What may be written, with the words for people. */
  readonly options: Readonly<Record<string, string>>;
  readonly default: string;
  /** Other values that are understood too. */
  readonly pattern?: RegExp;
}

/** On or off. */
export interface SwitchSetting extends Described {
  readonly kind: 'switch';
  readonly default: boolean;
}

/** Something written that is no control of a page. */
export interface TextSetting extends Described {
  readonly kind: 'text';
  readonly pattern: RegExp;
  readonly default: string;
  /** What would do, for the message. */
  readonly form: string;
}

/** One thing of a Raspberry Pi camera that can be set. */
export type RpicamSetting = RangeSetting | MenuSetting | SwitchSetting | TextSetting;
