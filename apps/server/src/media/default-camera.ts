import { ConfigError } from '../config/config-error.ts';
import type { ServerConfig } from '../config/config-schema.ts';

/**
 * The id of the camera for addresses that name none, as those of a program with one camera do: the configured one, else
 * the first.
 * @throws {ConfigError} `config/invalid` when there is no such camera
 */
export function defaultCameraOf({
  cameras,
  defaultCamera,
}: Pick<ServerConfig, 'cameras' | 'defaultCamera'>): string {
  const ids = Object.keys(cameras);
  if (defaultCamera === undefined) return ids[0] ?? '';
  if (ids.includes(defaultCamera)) return defaultCamera;
  const message = `there is no camera "${defaultCamera}"; there is ${ids.join(', ')}`;
  throw new ConfigError('config/invalid', [{ at: 'configuration', path: 'defaultCamera', message }]);
}
