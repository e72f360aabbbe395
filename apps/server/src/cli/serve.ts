import { type Logger, messageOf } from '@pinhole/core';
import { openServer, type RunningServer } from '../compose/open-server.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { tellsSecrets } from '../config/readable-secrets.ts';
import { createLog } from '../log/log.ts';
import { type ServiceNotices, serviceNotices } from '../service/notify.ts';
import { startMessage } from './start-message.ts';

/** A stop that takes longer is cut off. */
const STOP_PATIENCE_MS = 5000;

/** Starts the server, which runs until the process is told to stop; `file` is where the configuration came from. */
export async function serve(config: ServerConfig, file?: string): Promise<void> {
  const log = createLog({ level: config.logLevel, format: process.stderr.isTTY ? 'text' : 'json' });
  const notices = serviceNotices(process.env, (why) => log.warn({ why }, 'systemd was not told'));
  const logged = process.env['JOURNAL_STREAM'] !== undefined;
  // Before anything is opened, so that a fault while starting ends the process too.
  process.on('uncaughtException', (error) => crash(log, error));
  process.on('unhandledRejection', (reason) => crash(log, reason));
  const server = await openServer({ config, log });
  if (file !== undefined && (await tellsSecrets(file, config))) {
    log.warn({ file }, 'everybody on this machine may read the passwords in this file; run chmod 600 on it');
  }
  stopOnSignals(server, log, notices);
  process.stdout.write(startMessage(server, config, { ...(file !== undefined && { file }), logged }));
  notices.ready(`serves at ${server.url}`);
}

function stopOnSignals(server: RunningServer, log: Logger, notices: ServiceNotices): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1); // somebody is impatient
    stopping = true;
    log.info({ signal }, 'stopping');
    notices.stopping();
    setTimeout(() => {
      log.error({ patienceMs: STOP_PATIENCE_MS }, 'something does not stop; ending anyway');
      process.exit(1);
    }, STOP_PATIENCE_MS).unref();
    void server.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function crash(log: Logger, reason: unknown): never {
  log.error({ error: reason }, `stopped by a fault of its own: ${messageOf(reason)}`);
  process.exit(1);
}
