import { PinholeError } from '@pinhole/core';
import type { ControlValue } from '@pinhole/engine';
import { numberOfValue } from './control-table.ts';
import { FrameSizes } from './frame-sizes.ts';
import { stockControls } from './stock-controls.ts';

/** Ids of controls that may have a value from the start; which of them a device has, it tells when it is asked. */
export const CONTROL_IDS: readonly string[] = ['size', ...stockControls('unknown').map(({ id }) => id)];

/** A value as it was written, or what would do. Ranges are those of the sensor that takes most. */
export function startValue(
  id: string,
  text: string,
): { readonly value: ControlValue } | { readonly use: string } {
  if (id === 'size') return sizeValue(text);
  const [first, ...others] = (['ov3660-ov5640', 'ov2640'] as const).flatMap((sensor) =>
    stockControls(sensor).filter((control) => control.id === id),
  );
  if (first === undefined) return { use: `there is no such control: use ${CONTROL_IDS.join(', ')}` };
  const value = parsedAs(first.form.kind, text);
  let use = '';
  for (const control of [...others, first]) {
    try {
      numberOfValue(control, value);
      return { value };
    } catch (thrown) {
      if (!(thrown instanceof PinholeError)) throw thrown;
      use = thrown.message.replace(/^.*?: /, '');
    }
  }
  return { use };
}

function parsedAs(kind: 'switch' | 'range' | 'menu', text: string): ControlValue {
  if (kind === 'range') return /^-?\d{1,6}$/.test(text) ? Number(text) : text;
  if (kind === 'switch' && /^(?:true|false|1|0|on|off)$/.test(text)) return /^(?:true|1|on)$/.test(text);
  return text;
}

function sizeValue(text: string): { readonly value: ControlValue } | { readonly use: string } {
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text) ?? [];
  const sizes = new FrameSizes();
  if (sizes.indexesOf({ width: Number(width), height: Number(height) }).length > 0) return { value: text };
  const known = sizes.known({ maxPixels: 1600 * 1200 }).map((size) => `${size.width}x${size.height}`);
  return { use: `use one of ${known.join(', ')}` };
}
