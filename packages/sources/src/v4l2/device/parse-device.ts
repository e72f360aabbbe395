import { parseControls } from './parse-controls.ts';
import { parseFormats } from './parse-formats.ts';
import type { V4l2Device } from './v4l2-device.ts';

/** What is longer is no listing of one device. */
const LONGEST_TEXT = 2 ** 20;
const LONGEST_NAME = 200;

/**
 * Reads what `v4l2-ctl --info --list-formats-ext --list-ctrls-menus` writes about one device. Lines that are not
 * understood are passed over, since drivers and versions differ; what is missing is empty.
 */
export function parseDevice(path: string, text: string): V4l2Device {
  const bounded = text.slice(0, LONGEST_TEXT);
  return {
    path,
    driver: fact(bounded, 'Driver name'),
    card: fact(bounded, 'Card type'),
    bus: fact(bounded, 'Bus info'),
    capabilities: capabilities(bounded),
    formats: parseFormats(bounded),
    controls: parseControls(bounded),
  };
}

function fact(text: string, name: string): string {
  const line = new RegExp(`^[ \\t]*${name}[ \\t]*:[ \\t]*(.*)$`, 'm').exec(text)?.[1] ?? '';
  // Some USB devices put rubbish into their names, and it goes to terminals and pages.
  return line
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, LONGEST_NAME);
}

/** Those of the node; an old driver lists only those of the whole device. */
function capabilities(text: string): readonly string[] {
  const lines = text.split('\n');
  const start = ['Device Caps', 'Capabilities']
    .map((name) => lines.findIndex((line) => new RegExp(`^\\s+${name}\\s*:`).test(line)))
    .find((at) => at !== -1);
  if (start === undefined) return [];
  const names: string[] = [];
  for (const line of lines.slice(start + 1)) {
    const name = /^\t\t(\S.*)$/.exec(line)?.[1];
    if (name === undefined) break;
    names.push(name.trim());
  }
  return names;
}
