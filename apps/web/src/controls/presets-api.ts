import { ask } from '../session/api.ts';

/** A named set of values of a camera. */
export interface Preset {
  readonly name: string;
  /** Set when the program starts. */
  readonly atStart: boolean;
  readonly values: Readonly<Record<string, number | boolean | string>>;
}

/** What could not be set, in words. */
export interface AppliedPreset {
  readonly skipped: readonly { readonly id: string; readonly why: string }[];
}

const pathOf = (camera: string, ...rest: readonly string[]): string =>
  ['cameras', camera, 'presets', ...rest].map(encodeURIComponent).join('/');

/** @throws {ApiError} */
export async function listPresets(camera: string): Promise<readonly Preset[]> {
  const body = (await ask(pathOf(camera))) as { readonly presets: readonly Preset[] };
  return body.presets;
}

/** Saves what holds now, or these values. @throws {ApiError} */
export async function savePreset(
  camera: string,
  {
    name,
    ...preset
  }: { readonly name: string; readonly atStart: boolean; readonly values?: Preset['values'] },
): Promise<void> {
  await ask(pathOf(camera, name), { method: 'PUT', body: preset });
}

/** @throws {ApiError} */
export async function removePreset(camera: string, name: string): Promise<void> {
  await ask(pathOf(camera, name), { method: 'DELETE' });
}

/** @throws {ApiError} */
export async function applyPreset(camera: string, name: string): Promise<AppliedPreset> {
  return (await ask(pathOf(camera, name, 'apply'), { method: 'POST' })) as AppliedPreset;
}
