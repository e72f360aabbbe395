import { execFile } from 'node:child_process';

/** Tells the service manager how the program does; does nothing where none waits for it. */
export interface ServiceNotices {
  /** It serves. From now on it also says regularly that it is not stuck. */
  ready(status: string): void;
  stopping(): void;
}

/**
 * Reads what systemd left in the environment, and takes it out: a camera's child has no business with it.
 *
 * Node cannot send datagrams on Unix sockets, so `systemd-notify` does: a few milliseconds of a child every ten seconds.
 *
 * @see sd_notify(3), sd_watchdog_enabled(3)
 */
export function serviceNotices(env: NodeJS.ProcessEnv, complain: (why: string) => void): ServiceNotices {
  const socket = env['NOTIFY_SOCKET'];
  const watchdogUs = Number(env['WATCHDOG_USEC'] ?? 0);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined || socket === '') return { ready: () => {}, stopping: () => {} };

  const send = (...fields: readonly string[]) => {
    execFile('systemd-notify', fields, { env: { ...env, NOTIFY_SOCKET: socket }, timeout: 5000 }, (error) => {
      if (error) complain(error.message);
    });
  };
  return {
    ready: (status) => {
      send('READY=1', `STATUS=${status}`);
      // A third of the time, so that one notice may be late.
      if (watchdogUs > 0) setInterval(() => send('WATCHDOG=1'), watchdogUs / 3000).unref();
    },
    stopping: () => send('STOPPING=1'),
  };
}
