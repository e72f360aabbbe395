import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { PictureSize } from '@pinhole/media/jpeg';
import { type DeviceControl, descriptorOf, numberOfValue, valueOfNumber } from './control-table.ts';
import type { FrameSizes } from './frame-sizes.ts';
import { SizeControl } from './size-control.ts';

/** How a panel asks its device. */
export type AskDevice = (path: string) => Promise<{ readonly status: number; readonly text: string }>;

/** What a device said of its controls. */
export interface PanelReading {
  /** Those that it has. */
  readonly controls: readonly DeviceControl[];
  /** Their numbers, by the device's own names. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The number of its picture size, where it told one. */
  readonly size: number | undefined;
  /** Pixels of the largest picture of its sensor. */
  readonly maxPixels: number;
}

/** A firmware's own way of telling and setting what can be changed. */
export interface PanelDialect {
  /** Its name of the picture size. */
  readonly sizeName: string;
  /** What the numbers of picture sizes mean, as far as that is known beforehand. */
  openSizes(): FrameSizes;
  /** Asks for all. @throws {MjpegError} */
  read(ask: AskDevice): Promise<PanelReading>;
  /** Sets one. @returns why not, when it was refused. */
  send(ask: AskDevice, name: string, number: number): Promise<string | undefined>;
}

/** What can be changed of one device. */
export class DevicePanel {
  readonly #ask: AskDevice;
  readonly #dialect: PanelDialect;
  readonly #size: SizeControl;
  readonly #values = new Map<string, ControlValue>();
  #reading: PanelReading | undefined;

  constructor(
    dialect: PanelDialect,
    options: { readonly ask: AskDevice; readonly wait: (ms: number) => Promise<void> },
  ) {
    this.#ask = options.ask;
    this.#dialect = dialect;
    this.#size = new SizeControl({
      wait: options.wait,
      sizes: dialect.openSizes(),
      maxPixels: () => this.#reading?.maxPixels ?? 0,
      send: (index) => this.#send('size', dialect.sizeName, index),
    });
  }

  /** Whether the device was asked. */
  get known(): boolean {
    return this.#reading !== undefined;
  }

  /** Asks the device for the values that hold. @throws {MjpegError} */
  async read(): Promise<void> {
    this.take(await this.#dialect.read(this.#ask));
  }

  /** Takes what the device said already. */
  take(reading: PanelReading): void {
    this.#reading = reading;
    this.#values.clear();
    for (const control of reading.controls) {
      const number = reading.numbers.get(control.name);
      const value = number === undefined ? undefined : valueOfNumber(control, number);
      if (value !== undefined) this.#values.set(control.id, value);
    }
    if (reading.size !== undefined) this.#size.told(reading.size);
  }

  controls(): readonly ControlDescriptor[] {
    const size = this.#size.descriptor();
    const others = (this.#reading?.controls ?? []).map((control) => descriptorOf(control, this.#values));
    return size === undefined ? others : [size, ...others];
  }

  values(): ReadonlyMap<string, ControlValue> {
    const size = this.#size.value();
    return size === undefined ? this.#values : new Map([['size', size], ...this.#values]);
  }

  /** @throws {PinholeError} `control/*` */
  async set(id: string, value: ControlValue): Promise<void> {
    if (id === 'size') return await this.#size.set(value);
    const control = this.#reading?.controls.find((each) => each.id === id);
    if (control === undefined) {
      const known = this.controls()
        .map((each) => each.id)
        .join(', ');
      throw new PinholeError(
        'control/unknown',
        `this camera has no control "${id.slice(0, 40)}"${known === '' ? '' : `: use ${known}`}`,
      );
    }
    await this.#send(id, control.name, numberOfValue(control, value));
    this.#values.set(id, value);
  }

  /** A picture came. @returns whether the controls changed by what was learnt from it. */
  pictureCame(size: PictureSize): boolean {
    return this.#size.pictureCame(size);
  }

  async #send(id: string, name: string, number: number): Promise<void> {
    const why = await this.#dialect.send(this.#ask, name, number);
    if (why !== undefined)
      throw new PinholeError('control/refused', `the camera refused ${id} ${number}: ${why}`);
  }
}
