import { millis, PinholeError, silentLogger } from '@pinhole/core';
import type { ControlValue } from '@pinhole/engine';
import { SystemClock } from '../clock.ts';
import { type HttpTarget, parseHttpTarget } from '../mjpeg/http/http-target.ts';
import { MjpegSource, type MjpegTuning } from '../mjpeg/mjpeg-source.ts';
import { Esp32Device } from './esp32-device.ts';
import type { Firmware } from './firmware.ts';

/** How an ESP32 with a camera is reached. */
export interface Esp32SourceOptions extends MjpegTuning {
  /** Its page, e.g. `http://192.168.1.40/`; credentials in it go to the camera and nowhere else. */
  readonly url: string;
  /** The address of its stream, on the same host; found by itself unless told. */
  readonly stream?: string;
  /** Found by itself unless told. */
  readonly firmware?: Firmware;
  /** For people; the URL without credentials unless told. */
  readonly label?: string;
  /** Values of controls that are to hold from the start. */
  readonly values?: ReadonlyMap<string, ControlValue>;
}

/** An ESP32 takes about a second until it has let go of a connection. */
const REST_MS = millis(1_000);
/** Each wait is at least half its step. */
const RETRY = { firstMs: millis(2_000), maxMs: millis(30_000) };

/**
 * An ESP32 with a camera, whatever its firmware: the web server that comes with the Arduino core and its descendants,
 * Tasmota, ESPHome, or another whose stream lies where one of these has it. It serves one viewer; here one connection
 * serves all.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export function createEsp32Source(options: Esp32SourceOptions): MjpegSource {
  const page = target('url', options.url);
  const stream = options.stream === undefined ? undefined : target('stream', options.stream);
  if (stream !== undefined && stream.host !== page.host)
    throw new PinholeError('source/bad-option', `stream: must be on the host of url, ${page.host}`);
  const { log = silentLogger, clock = new SystemClock(), firmware, label, values } = options;
  const { credentials } = page;
  const device = new Esp32Device({
    page,
    clock,
    log,
    ...(stream !== undefined && { stream: { ...(credentials && { credentials }), ...stream } }),
    ...(firmware !== undefined && { firmware }),
    ...(label !== undefined && { label }),
    ...(values !== undefined && { values }),
  });
  return new MjpegSource(device, { restMs: REST_MS, retry: RETRY, ...options, clock });
}

function target(name: string, text: string): HttpTarget {
  const parsed = parseHttpTarget(text);
  if (parsed !== undefined) return parsed;
  const shown = text.includes('@') ? name : `${name} "${text}"`;
  throw new PinholeError('source/bad-option', `${shown}: write http://host, with a password percent-encoded`);
}
