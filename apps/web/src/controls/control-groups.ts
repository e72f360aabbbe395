import type { Control } from '@pinhole/client/controls';

/** The headings that cameras share, in the order of a panel; others follow in the order in which they come. */
const ORDER = ['Stream', 'Picture', 'Exposure', 'White balance', 'Focus', 'Encoder', 'Camera'];

/** Controls that stand under one heading. */
export interface ControlGroup {
  readonly name: string;
  readonly controls: readonly Control[];
}

/** Controls by heading, each in the camera's order. */
export function groupControls(controls: readonly Control[]): readonly ControlGroup[] {
  const groups = new Map<string, Control[]>(ORDER.map((name) => [name, []]));
  for (const control of controls) {
    const name = control.group ?? 'Camera';
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(control);
  }
  return [...groups]
    .filter(([, group]) => group.length > 0)
    .map(([name, group]) => ({ name, controls: group }));
}
