import { join } from 'node:path';
import type { Logger } from '@pinhole/core';
import { Camera, Cameras } from '@pinhole/engine';
import { utcNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { checkConfig } from '../config/load-config.ts';
import type { PresetStore } from '../controls/preset-store.ts';
import type { MediaParts } from '../media/parts.ts';
import { Recordings } from '../recordings/recordings.ts';
import { cameraSound } from '../sound/camera-sound.ts';
import type { SourceSpec } from '../sources/source-spec.ts';

/** The camera that is there when none is configured, so that the first start shows a picture. */
const DEFAULT_CAMERAS = { test: 'synthetic' };

/** The same configuration, with a camera at least. */
export const withDefaultCamera = (config: ServerConfig): ServerConfig =>
  Object.keys(config.cameras).length > 0
    ? config
    : { ...config, cameras: checkConfig({ cameras: DEFAULT_CAMERAS }).cameras };

/** The cameras of a configuration, with the presets that hold at the start. */
export function openCameras(
  config: ServerConfig,
  {
    media,
    presets,
    log,
  }: { readonly media: MediaParts; readonly presets: PresetStore; readonly log: Logger },
): Cameras {
  const cameras = new Cameras(
    Object.entries(config.cameras).map(([id, { source: spec, sub, label, always, audio }]) => {
      const source = media.openSource(id, spec, { audio: audio === 'off' ? 'off' : 'on' });
      return new Camera({
        id,
        source,
        adjusts: media.jpegQuality(id, source),
        openSound: cameraSound({ mode: audio, log: log.child({ camera: id }) }),
        now: utcNow,
        openAbort: () => new AbortController(),
        log,
        always,
        ...(label !== undefined && { label }),
        ...(sub && { sub: openSub(id, { spec: sub, media, log }) }),
      });
    }),
  );
  for (const { id, controls } of cameras.list()) controls.restore(presets.atStart(id)?.values ?? new Map());
  return cameras;
}

/** The smaller stream of a camera; it has no sound, and nobody but its camera knows it. */
const openSub = (
  camera: string,
  { spec, media, log }: { readonly spec: SourceSpec; readonly media: MediaParts; readonly log: Logger },
): Camera => {
  const id = `${camera}.sub`;
  const source = media.openSource(id, spec, { audio: 'off' });
  return new Camera({ id, source, now: utcNow, openAbort: () => new AbortController(), log });
};

/** A camera that was not there at the start; its source is the one that `spec` says. */
export const openLateCamera = (
  id: string,
  {
    spec,
    label,
    media,
    log,
  }: {
    readonly spec: SourceSpec;
    readonly label: string;
    readonly media: Pick<MediaParts, 'openSource'>;
    readonly log: Logger;
  },
): Camera =>
  new Camera({
    id,
    label,
    source: media.openSource(id, spec, { audio: 'off' }),
    now: utcNow,
    openAbort: () => new AbortController(),
    log,
  });

/** What is recorded of them. */
export const openRecordings = (
  config: ServerConfig,
  { cameras, media, log }: { readonly cameras: Cameras; readonly media: MediaParts; readonly log: Logger },
): Promise<Recordings> =>
  Recordings.open({
    config: config.recordings,
    root: config.recordings.root ?? join(config.data, 'recordings'),
    cameras: cameras.list().map((camera) => ({ camera, mode: config.cameras[camera.id]?.record ?? 'off' })),
    stills: media.stills,
    env: process.env,
    now: utcNow,
    log,
  });
