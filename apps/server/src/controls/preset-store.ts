import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, messageOf, PinholeError } from '@pinhole/core';
import type { ControlPreset, ControlValue } from '@pinhole/engine';
import { z } from 'zod';
import { makePrivate, withLock, writePrivateFile } from '../auth/private-files.ts';

/** What a preset may be called: it stands in addresses and in menus. */
export const PRESET_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,46}[\p{L}\p{N}])?$/u;

/** Presets of one camera, and values of one preset. */
export const PRESET_LIMITS = { presets: 32, values: 256, valueCharacters: 1000 } as const;

/** Far more than a hundred cameras fill; a larger file is none of ours. */
const MAX_FILE_CHARACTERS = 16 * 1024 * 1024;

const presetsFile = z.object({
  version: z.literal(1),
  cameras: z.record(
    z.string(),
    z
      .array(
        z.object({
          name: z.string().regex(PRESET_NAME),
          values: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
          atStart: z.boolean(),
        }),
      )
      .max(PRESET_LIMITS.presets),
  ),
});

type Presets = ReadonlyMap<string, readonly ControlPreset[]>;

/**
 * The presets of all cameras, in `control-presets.json` of the data folder. A file that cannot be read is copied beside
 * it and begun anew: cameras must come up without it.
 */
export class PresetStore {
  readonly #path: string;
  readonly #log: Logger;
  #presets: Presets = new Map();

  private constructor(folder: string, log: Logger) {
    this.#path = join(folder, 'control-presets.json');
    this.#log = log;
  }

  /**
   * Opens the presets of a data folder, which is there.
   * @throws {PinholeError} `data/folder`
   */
  static async open(folder: string, log: Logger): Promise<PresetStore> {
    const store = new PresetStore(folder, log);
    await makePrivate(store.#path);
    store.#presets = await store.#read();
    return store;
  }

  /** In the order in which they were made. */
  list(camera: string): readonly ControlPreset[] {
    return this.#presets.get(camera) ?? [];
  }

  /** @throws {PinholeError} `preset/unknown` */
  get(camera: string, name: string): ControlPreset {
    const found = this.list(camera).find((preset) => preset.name === name);
    if (found) return found;
    throw new PinholeError('preset/unknown', `camera "${camera}" has no preset "${name.slice(0, 64)}"`);
  }

  /** The one whose values hold when the program starts. */
  atStart(camera: string): ControlPreset | undefined {
    return this.list(camera).find((preset) => preset.atStart);
  }

  /**
   * Keeps a preset, in the place of one of the same name. When it is to be set at the start, no other one of the camera
   * is any more.
   * @throws {PinholeError} `preset/too-many`, `preset/too-large`, `data/locked`
   */
  async save(camera: string, preset: ControlPreset): Promise<void> {
    const { presets, values } = PRESET_LIMITS;
    if (preset.values.size > values) {
      throw new PinholeError(
        'preset/too-large',
        `a preset has at most ${values} values, not ${preset.values.size}`,
      );
    }
    await this.#change(camera, (before) => {
      const others = before.map((each) => (preset.atStart ? { ...each, atStart: false } : each));
      const place = others.findIndex(({ name }) => name === preset.name);
      if (place >= 0) return others.with(place, preset);
      if (others.length >= presets) {
        throw new PinholeError(
          'preset/too-many',
          `camera "${camera}" has ${presets} presets; remove one before you save "${preset.name}"`,
        );
      }
      return [...others, preset];
    });
  }

  /** @throws {PinholeError} `preset/unknown`, `data/locked` */
  async remove(camera: string, name: string): Promise<void> {
    this.get(camera, name);
    await this.#change(camera, (before) => before.filter((preset) => preset.name !== name));
  }

  async #change(
    camera: string,
    edit: (before: readonly ControlPreset[]) => readonly ControlPreset[],
  ): Promise<void> {
    await withLock(this.#path, async () => {
      // Another process may have the same data folder.
      const presets = new Map(await this.#read());
      presets.set(camera, edit(presets.get(camera) ?? []));
      await writePrivateFile(this.#path, textOf(presets));
      this.#presets = presets;
    });
  }

  async #read(): Promise<Presets> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
      throw new PinholeError('data/folder', `${this.#path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    try {
      if (text.length > MAX_FILE_CHARACTERS) throw new Error('it is far too large');
      return presetsOf(presetsFile.parse(JSON.parse(text)));
    } catch (cause) {
      const copy = `${this.#path}.unreadable`;
      await copyFile(this.#path, copy);
      await makePrivate(copy);
      const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
      this.#log.error(
        { code: 'data/presets-unreadable', file: this.#path, copy, why },
        'the presets cannot be read and begin anew; the file as it was is kept as a copy',
      );
      return new Map();
    }
  }
}

const presetsOf = ({ cameras }: z.output<typeof presetsFile>): Presets =>
  new Map(
    Object.entries(cameras).map(([camera, presets]) => [
      camera,
      presets.map(({ name, values, atStart }) => ({
        name,
        values: new Map<string, ControlValue>(Object.entries(values)),
        atStart,
      })),
    ]),
  );

function textOf(presets: Presets): string {
  const cameras = Object.fromEntries(
    [...presets]
      .filter(([, list]) => list.length > 0)
      .map(([camera, list]) => [
        camera,
        list.map(({ name, values, atStart }) => ({ name, values: Object.fromEntries(values), atStart })),
      ]),
  );
  return `${JSON.stringify({ version: 1, cameras }, null, 2)}\n`;
}
