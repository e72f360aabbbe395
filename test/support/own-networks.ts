import { spawnSync } from 'node:child_process';

/** Networks that a shell lays out. */
export interface OwnNetworks {
  readonly script: string;
  /** To the script, as `$1` and on. */
  readonly given?: readonly string[];
}

/**
 * What `unshare` is to be given, so that a command runs in networks of its own. All of it is gone when the command has
 * ended: named networks lie below /run, which is the command's own.
 */
export function inOwnNetworks(
  { script, given = [] }: OwnNetworks,
  command: readonly string[],
): readonly string[] {
  const shell = `mount -t tmpfs tmpfs /run\n${script}\nshift ${given.length}; exec "$@"`;
  return ['--net', '--mount', 'sh', '-ec', shell, 'sh', ...given, ...command];
}

/** Whether there can be such networks here. */
export const canHaveNetworks = (networks: OwnNetworks): boolean =>
  spawnSync('unshare', inOwnNetworks(networks, ['true']), { stdio: 'ignore' }).status === 0;
