import type { ControlDescriptor } from '@pinhole/engine';
import type { CameraDevice, DeviceMode } from './camera-device.ts';

/** A camera in lines for people: its address first, as `--camera` takes it. */
export function deviceText({ address, label, modes, controls, problem }: CameraDevice): string {
  return [
    `${address}   ${label}`,
    ...(problem === undefined ? [] : [`  ${problem}`]),
    ...modes.map((mode) => `  ${modeText(mode)}`),
    ...(controls.length > 0 ? ['  controls:'] : []),
    ...controls.map((control) => `    ${control.id.padEnd(LONGEST_ID)}  ${valuesOf(control)}`),
  ].join('\n');
}

const LONGEST_ID = 28;

const modeText = ({ format, size, rates }: DeviceMode): string =>
  [
    ...(format === undefined ? [] : [format.padEnd(5)]),
    size.padEnd(12),
    ...(rates.length === 0 ? [] : [`${rates.join(', ')} frames/s`]),
  ].join(' ');

function valuesOf(control: ControlDescriptor): string {
  const restarts = control.applies === 'restart' ? ', restarts the camera' : '';
  switch (control.kind) {
    case 'range': {
      const unit = control.unit === undefined ? '' : ` ${control.unit}`;
      return `${control.min} to ${control.max}${unit}, default ${control.default}${restarts}`;
    }
    case 'switch':
      return `true or false, default ${control.default}${restarts}`;
    case 'menu':
      return `${control.options.map(({ value }) => value).join(', ')}; default ${control.default}${restarts}`;
    case 'button':
      return `done with true${restarts}`;
  }
}
