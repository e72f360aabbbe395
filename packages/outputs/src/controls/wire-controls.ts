import { type Micros, micros, microsToMillis } from '@pinhole/core';
import type { ControlDescriptor, ControlState, Unkept } from '@pinhole/engine';
import {
  type ControlServerMessage,
  MAX_CONTROLS,
  serializeControlMessage,
  type WireControl,
  type WireUnkept,
} from '@pinhole/protocol/live';

/** A `controls` message is at most so long: it shares its way with the pictures. */
const MAX_TEXT = 64 * 1024;

/** Texts come from devices, which may say anything. */
const CLIP = { id: 64, label: 128, group: 64, help: 512, inactive: 512, unit: 32 } as const;

/**
 * The text of a `controls` message, short enough for the way it goes: explanations are left out first, then the controls
 * at the end of the list.
 * @returns the text, and how many controls are not in it
 */
export function controlsText(
  message: Omit<Extract<ControlServerMessage, { type: 'controls' }>, 'type' | 'controls'>,
  states: readonly ControlState[],
): { readonly text: string; readonly leftOut: number } {
  const all = states.slice(0, MAX_CONTROLS).flatMap((state) => wireControl(state) ?? []);
  const text = (controls: WireControl[]): string =>
    serializeControlMessage({ type: 'controls', ...message, controls });
  const whole = text(all);
  if (whole.length <= MAX_TEXT) return { text: whole, leftOut: states.length - all.length };
  const fitting: WireControl[] = [];
  let { length } = text([]);
  for (const control of all) {
    const { help: _help, ...brief } = control;
    length += JSON.stringify(brief).length + 1;
    if (length > MAX_TEXT) break;
    fitting.push(brief);
  }
  return { text: text(fitting), leftOut: states.length - fitting.length };
}

/** Risky changes as they cross the wire. */
export const wireUnkept = ({ previous, by, revertAt }: Unkept, now: Micros): WireUnkept => ({
  controls: [...previous].map(([id, value]) => ({ id, previous: value })),
  by,
  revertInMs: Math.max(0, Math.round(microsToMillis(micros(revertAt - now)))),
});

/** One control as it crosses the wire; undefined when it has a name that no message can carry. */
function wireControl({ descriptor, value }: ControlState): WireControl | undefined {
  if (descriptor.id.length > CLIP.id) return undefined;
  const described = describe(descriptor);
  switch (descriptor.kind) {
    case 'range': {
      const { kind, min, max, step, default: usual, unit, scale } = descriptor;
      return {
        ...described,
        kind,
        min,
        max,
        step,
        default: usual,
        ...(unit !== undefined && { unit: unit.slice(0, CLIP.unit) }),
        ...(scale !== undefined && { scale }),
        value: typeof value === 'number' ? value : usual,
      };
    }
    case 'switch':
      return {
        ...described,
        kind: descriptor.kind,
        default: descriptor.default,
        value: typeof value === 'boolean' ? value : descriptor.default,
      };
    case 'menu':
      return {
        ...described,
        kind: descriptor.kind,
        options: descriptor.options
          .filter((option) => option.value.length <= CLIP.label)
          .slice(0, MAX_CONTROLS)
          .map((option) => ({ value: option.value, label: option.label.slice(0, CLIP.label) })),
        default: descriptor.default,
        value: typeof value === 'string' ? value : descriptor.default,
      };
    case 'button':
      return { ...described, kind: descriptor.kind };
  }
}

const describe = ({ id, label, group, help, applies, risky, inactive }: ControlDescriptor) => ({
  id,
  label: label.slice(0, CLIP.label),
  ...(group !== undefined && { group: group.slice(0, CLIP.group) }),
  ...(help !== undefined && { help: help.slice(0, CLIP.help) }),
  applies,
  ...(risky && { risky }),
  ...(inactive !== undefined && { inactive: inactive.slice(0, CLIP.inactive) }),
});
