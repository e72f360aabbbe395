import type { HttpTarget } from '../mjpeg/http/http-target.ts';
import { elsewhere } from '../mjpeg/http/http-target.ts';
import { MjpegError } from '../mjpeg/mjpeg-error.ts';
import type { AskDevice, PanelDialect, PanelReading } from './device-panel.ts';
import { parseStockStatus, stockDialect } from './stock-dialect.ts';
import { tasmotaCommand, tasmotaDialect } from './tasmota-dialect.ts';

/** Firmware that is told apart; `other` is any that has a stream where one of the known has it. */
export type Firmware = 'stock' | 'tasmota' | 'esphome' | 'other';

/** Firmware that can be named in a configuration. */
export const FIRMWARES = ['stock', 'tasmota', 'esphome', 'other'] as const satisfies readonly Firmware[];

/** Where ESPHome serves its stream, unless it was told another. */
export const ESPHOME_PORT = 8080;

/** What a device turned out to be. */
export interface FoundFirmware {
  readonly firmware: Firmware;
  /** What it said of its controls meanwhile. */
  readonly reading?: PanelReading;
}

/** How what can be changed is told and set, by firmware; ESPHome has nothing for that over HTTP. */
export const DIALECTS: Readonly<Record<Firmware, PanelDialect | undefined>> = {
  stock: stockDialect,
  tasmota: tasmotaDialect,
  esphome: undefined,
  other: undefined,
};

/**
 * Finds out by asking; none of the questions opens a stream, so a device that serves one viewer is not kept from it.
 * @throws {MjpegError} when nothing answers at all, or the password is refused
 */
export async function detectFirmware(ask: AskDevice): Promise<FoundFirmware> {
  try {
    const { status, text } = await ask('/status');
    const reading = status === 200 ? parseStockStatus(text) : undefined;
    if (reading !== undefined) return { firmware: 'stock', reading };
    if ((await tasmotaCommand(ask, 'WcResolution')) !== undefined) return { firmware: 'tasmota' };
  } catch (thrown) {
    // ESPHome may serve its stream and nothing else.
    if (!(thrown instanceof MjpegError) || thrown.code !== 'source/refused') throw thrown;
    return { firmware: 'esphome' };
  }
  return { firmware: 'other' };
}

/** Where a firmware has its stream, the likeliest address first. The stock one has it at the port behind its page's. */
export function streamsOf(firmware: Firmware, page: HttpTarget): readonly HttpTarget[] {
  const at = (port: number, path: string): HttpTarget => elsewhere(page, { port, path });
  const stock = at(page.port + 1, '/stream');
  const esphome = at(ESPHOME_PORT, '/');
  switch (firmware) {
    case 'stock':
      return [stock];
    case 'tasmota':
      return [stock, at(page.port, '/wc.mjpeg')];
    case 'esphome':
      return [esphome];
    case 'other':
      return [stock, at(page.port + 1, '/'), esphome, at(page.port, '/stream'), at(page.port, '/cam.mjpeg')];
  }
}
