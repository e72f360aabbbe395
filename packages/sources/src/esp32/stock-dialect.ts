import { statusFailure } from '../mjpeg/mjpeg-error.ts';
import type { PanelDialect, PanelReading } from './device-panel.ts';
import { FrameSizes } from './frame-sizes.ts';
import { maxPixelsOf, OPTIONAL, sensorOf, stockControls, UNLISTED } from './stock-controls.ts';

const MOST_KEYS = 200;

/**
 * Reads the status of the stock firmware: JSON with numbers by name.
 * @returns undefined for anything else
 */
export function parseStockStatus(text: string): PanelReading | undefined {
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    return undefined; // some other page lies there
  }
  if (typeof status !== 'object' || status === null) return undefined;
  const entries = Object.entries(status).slice(0, MOST_KEYS);
  const numbers = new Map(
    entries.flatMap(([name, value]) => (Number.isSafeInteger(value) ? [[name, value as number]] : [])),
  );
  const size = numbers.get('framesize');
  if (size === undefined) return undefined;
  const sensor = sensorOf(new Set(entries.map(([name]) => name)));
  const controls = stockControls(sensor).filter(({ name }) => {
    const number = numbers.get(name);
    return number === undefined ? UNLISTED.has(name) : !(OPTIONAL.has(name) && number < 0);
  });
  return { controls, numbers, size, maxPixels: maxPixelsOf(sensor) };
}

/** The camera web server that comes with the Arduino core, and its descendants: `/status` and `/control`. */
export const stockDialect: PanelDialect = {
  sizeName: 'framesize',
  openSizes: () => new FrameSizes(),
  read: async (ask) => {
    const { status, text } = await ask('/status');
    const reading = status === 200 ? parseStockStatus(text) : undefined;
    if (reading === undefined) throw statusFailure(status, 'its /status tells no settings');
    return reading;
  },
  send: async (ask, name, number) => {
    const { status } = await ask(`/control?var=${name}&val=${number}`);
    if (status === 200) return undefined;
    return status === 500 ? 'its sensor does not take this value now' : `it answered ${status}`;
  },
};
