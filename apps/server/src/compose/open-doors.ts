import type { Logger } from '@pinhole/core';
import type { ServerConfig } from '../config/config-schema.ts';
import { isLoopback } from '../config/network-range.ts';

/** Tells what a person may have left open without meaning to. */
export function warnOfOpenDoors({ listen, anonymous, cameras, rooms }: ServerConfig, log: Logger): void {
  if (isLoopback(listen)) return;
  const shown = rooms.mode === 'compatible' ? Object.keys(rooms.cameras) : [];
  if (shown.length > 0) {
    const told =
      'everybody who reaches this address may watch these cameras, as they are in compatible rooms';
    log.warn({ listen, cameras: shown }, told);
  }
  const open = [...anonymous, ...Object.values(cameras).flatMap((camera) => camera.anonymous)];
  const everywhere = open.filter(({ from }) => from.some((range) => range.endsWith('/0')));
  if (everywhere.length === 0) return;
  const rights = [...new Set(everywhere.flatMap((rule) => rule.rights))];
  log.warn({ listen, rights }, 'everybody who reaches this address has these rights, without a token');
}
