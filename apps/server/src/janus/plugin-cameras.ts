import { USTREAMER_PLUGIN } from '@pinhole/protocol/janus';
import { ConfigError } from '../config/config-error.ts';
import type { ServerConfig } from '../config/config-schema.ts';

/**
 * The camera behind each plugin of the Janus API: µStreamer's shows the default camera unless it is said otherwise.
 * @throws {ConfigError} `config/invalid` where one names a camera that there is not
 */
export function pluginCamerasOf(
  { cameras, janus }: Pick<ServerConfig, 'cameras' | 'janus'>,
  defaultCamera: string,
): ReadonlyMap<string, string> {
  const ids = Object.keys(cameras);
  const wrong = Object.entries(janus.plugins).filter(([, camera]) => !ids.includes(camera));
  if (wrong.length > 0) {
    throw new ConfigError(
      'config/invalid',
      wrong.map(([plugin, camera]) => ({
        at: 'configuration',
        path: `janus.plugins.${plugin}`,
        message: `there is no camera "${camera}"; there is ${ids.join(', ')}`,
      })),
    );
  }
  return new Map([[USTREAMER_PLUGIN, defaultCamera], ...Object.entries(janus.plugins)]);
}
