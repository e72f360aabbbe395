import type { V4l2Control } from './v4l2-device.ts';

const HEADING = /^([A-Z][\w ,&/-]{2,60} Controls)\s*$/;
const CONTROL = /^\s*([a-z0-9_]{1,64}) (?:0x[0-9a-f]{8} )?\((\w{1,12})\)\s*:\s*(.*)$/;
const OPTION = /^\s+(\d{1,9}): (.{1,200}?)(?: \(0x[0-9a-f]+\))?\s*$/;
const TYPES: Readonly<Record<string, V4l2Control['type']>> = {
  int: 'int',
  bool: 'bool',
  menu: 'menu',
  intmenu: 'menu',
  button: 'button',
};

const MOST_CONTROLS = 256;
const MOST_OPTIONS = 256;

/** Reads the part that `--list-ctrls-menus` writes. Controls of types that have no place in a panel are left out. */
export function parseControls(text: string): readonly V4l2Control[] {
  const controls: (V4l2Control & { readonly options: { value: number; label: string }[] })[] = [];
  let heading = '';
  let current: (typeof controls)[number] | undefined;
  for (const line of text.split('\n')) {
    heading = HEADING.exec(line)?.[1] ?? heading;
    const control = CONTROL.exec(line);
    if (control !== null) {
      const [, name = '', kind = '', rest = ''] = control;
      const type = TYPES[kind];
      current = type && { name, heading, type, ...facts(rest, type), options: [] };
      if (current !== undefined && controls.length < MOST_CONTROLS) controls.push(current);
      continue;
    }
    const option = OPTION.exec(line);
    if (option !== null && current?.type === 'menu' && current.options.length < MOST_OPTIONS)
      current.options.push({ value: Number(option[1]), label: option[2] ?? '' });
  }
  return controls.filter(isSound);
}

/** `min=0 max=255 step=1 default=128 value=128 (60 Hz) flags=inactive, volatile` */
function facts(
  text: string,
  type: V4l2Control['type'],
): Omit<V4l2Control, 'name' | 'heading' | 'type' | 'options'> {
  const number = (name: string, otherwise: number): number =>
    Number(new RegExp(`(?:^| )${name}=(-?\\d{1,15})(?= |$)`).exec(text)?.[1] ?? otherwise);
  const standard = number('default', 0);
  return {
    min: number('min', 0),
    max: number('max', type === 'bool' ? 1 : 0),
    step: Math.max(1, number('step', 1)),
    default: standard,
    value: number('value', standard),
    flags: (/(?:^| )flags=(.{1,200})$/.exec(text)?.[1] ?? '')
      .split(',')
      .map((flag) => flag.trim())
      .filter(Boolean),
  };
}

/** Drivers exist that list a maximum below the minimum, or a menu without a choice. */
const isSound = ({ type, min, max, options }: V4l2Control): boolean =>
  type === 'button' || (type === 'menu' ? options.length > 0 : min < max);
