import { type Abort, type Logger, messageOf, millis, PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { PictureSize } from '@pinhole/media/jpeg';
import type { SourceClock } from '../clock.ts';
import type { CameraDevice, DeviceEvents } from '../mjpeg/camera-device.ts';
import { CameraHttp } from '../mjpeg/http/exchange.ts';
import { elsewhere, type HttpTarget, targetInWords } from '../mjpeg/http/http-target.ts';
import { readText } from '../mjpeg/http/read-text.ts';
import { MjpegError } from '../mjpeg/mjpeg-error.ts';
import { sleep } from '../sleep.ts';
import { type AskDevice, DevicePanel } from './device-panel.ts';
import { DIALECTS, detectFirmware, ESPHOME_PORT, type Firmware, streamsOf } from './firmware.ts';

/** What a device is known by. */
export interface Esp32DeviceOptions {
  /** Its page. */
  readonly page: HttpTarget;
  /** Where its stream is, when not where its firmware has it. */
  readonly stream?: HttpTarget;
  readonly firmware?: Firmware;
  readonly label?: string;
  /** Values that hold from the start, by control. */
  readonly values?: ReadonlyMap<string, ControlValue>;
  readonly clock: SourceClock;
  readonly log: Logger;
}

const ASK_TIMEOUT_MS = millis(4_000);
/** A device that did not bring a stream so often in a row may have got another firmware. */
const FORGET_AFTER = 3;
/** Within it the first pictures come. */
const FIRST_PICTURES_MS = millis(1_000);
const NEVER: Abort = new AbortController().signal;

/** An ESP32 with a camera: which firmware it has, where that puts its stream, and what can be changed. */
export class Esp32Device implements CameraDevice {
  readonly kind = 'esp32';
  readonly label: string;
  readonly exclusive: string;
  readonly #options: Esp32DeviceOptions;
  readonly #http: CameraHttp;
  /** What it is to keep, through restarts of its own too. */
  readonly #wanted: Map<string, ControlValue>;
  #line: Promise<unknown> = Promise.resolve();
  #firmware: Firmware | undefined;
  #panel: DevicePanel | undefined;
  #failures = 0;
  #events: DeviceEvents | undefined;

  constructor(options: Esp32DeviceOptions) {
    this.#options = options;
    const { page, label } = options;
    this.label = label ?? targetInWords(page);
    this.exclusive = `${page.host}:${page.port}`;
    this.#http = new CameraHttp(options);
    this.#wanted = new Map(options.values);
  }

  /** What it turned out to be. */
  get firmware(): Firmware | undefined {
    return this.#firmware;
  }

  async streams(_http: CameraHttp, signal: Abort): Promise<readonly HttpTarget[]> {
    const { stream, page } = this.#options;
    if (++this.#failures > FORGET_AFTER) this.#firmware = undefined;
    if (stream !== undefined) return [stream];
    return streamsOf(await this.#find(signal), page);
  }

  connected(
    at: HttpTarget,
    { signal, events }: { readonly signal: Abort; readonly events: DeviceEvents },
  ): void {
    this.#failures = 0;
    if (at.port === ESPHOME_PORT) this.#firmware ??= 'esphome';
    this.#events = events;
    signal.addEventListener('abort', () => {
      if (this.#events === events) this.#events = undefined;
    });
    void this.#settle(signal);
  }

  pictureCame(size: PictureSize): void {
    if (this.#panel?.pictureCame(size)) this.#events?.controlsChanged();
  }

  controls(): readonly ControlDescriptor[] {
    return this.#panel?.controls() ?? [];
  }

  values(): ReadonlyMap<string, ControlValue> {
    return this.#panel?.values() ?? new Map();
  }

  async set(id: string, value: ControlValue): Promise<void> {
    try {
      const panel = await this.#openPanel(NEVER);
      if (panel === undefined)
        throw new PinholeError(
          'control/unknown',
          `this camera's firmware lets nothing be changed over HTTP; it has no control "${id.slice(0, 40)}"`,
        );
      await panel.set(id, value);
    } catch (thrown) {
      if (!(thrown instanceof MjpegError)) throw thrown;
      throw new PinholeError('control/refused', `the camera cannot be asked: ${thrown.message}`, {
        cause: thrown,
      });
    }
    this.#wanted.set(id, value);
  }

  /** Asks for what can be changed and sets what was wanted: a device that was off has forgotten it. */
  async #settle(signal: Abort): Promise<void> {
    const { log, clock } = this.#options;
    try {
      const panel = await this.#openPanel(signal, 'anew');
      if (panel === undefined || signal.aborted) return;
      this.#events?.controlsChanged();
      // The size comes last, once there are pictures to tell it by.
      const wanted = [...this.#wanted].toSorted(([a], [b]) => Number(a === 'size') - Number(b === 'size'));
      for (const [id, value] of wanted) {
        if (id === 'size') await sleep(FIRST_PICTURES_MS, { clock, signal });
        if (signal.aborted || panel.values().get(id) === value) continue;
        try {
          await panel.set(id, value);
        } catch (thrown) {
          log.warn({ control: id, why: messageOf(thrown) }, 'the camera does not take a setting');
        }
      }
      if (this.#wanted.size > 0) this.#events?.controlsChanged();
    } catch (thrown) {
      if (!signal.aborted) log.warn({ why: messageOf(thrown) }, 'the camera does not tell its settings');
    }
  }

  async #openPanel(signal: Abort, how: 'known' | 'anew' = 'known'): Promise<DevicePanel | undefined> {
    const dialect = DIALECTS[await this.#find(signal)];
    if (dialect === undefined) return undefined;
    this.#panel ??= this.#newPanel(dialect);
    if (how === 'anew' || !this.#panel.known) await this.#panel.read();
    return this.#panel;
  }

  #newPanel(dialect: NonNullable<(typeof DIALECTS)[Firmware]>): DevicePanel {
    const { clock } = this.#options;
    return new DevicePanel(dialect, {
      ask: this.#asking(NEVER),
      wait: (ms) => sleep(millis(ms), { clock, signal: NEVER }),
    });
  }

  async #find(signal: Abort): Promise<Firmware> {
    if (this.#options.firmware !== undefined) this.#firmware ??= this.#options.firmware;
    if (this.#firmware !== undefined) return this.#firmware;
    const { firmware, reading } = await detectFirmware(this.#asking(signal));
    // A device that is just starting refuses connections, too.
    if (firmware === 'esphome') return firmware;
    this.#firmware = firmware;
    this.#options.log.info({ firmware }, 'firmware found');
    const dialect = DIALECTS[firmware];
    this.#panel = dialect && this.#newPanel(dialect);
    if (reading !== undefined) this.#panel?.take(reading);
    return firmware;
  }

  /** One question at a time: its page, too, is served by one task. */
  #asking(signal: Abort): AskDevice {
    const { page, clock } = this.#options;
    return (path) => {
      const answer = this.#line.then(() =>
        readText(this.#http, elsewhere(page, { path: this.#authorized(path) }), {
          clock,
          signal,
          timeoutMs: ASK_TIMEOUT_MS,
        }),
      );
      this.#line = answer.catch(() => {}); // its own asker hears of it
      return answer;
    };
  }

  /** Tasmota takes the password of its commands in the address alone. */
  #authorized(path: string): string {
    const { credentials } = this.#options.page;
    if (credentials === undefined || !path.startsWith('/cm?')) return path;
    const { user, password } = credentials;
    return `${path}&user=${encodeURIComponent(user)}&password=${encodeURIComponent(password)}`;
  }
}
