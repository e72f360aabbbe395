export { openServer, type RunningServer, type ServerOptions, startServer } from './compose/open-server.ts';
export { ConfigError, type ConfigIssue } from './config/config-error.ts';
export type { ServerConfig, ServerConfigInput } from './config/config-schema.ts';
export { createLog, type LogLevel, type LogOptions } from './log/log.ts';
export type { MediaParts } from './media/parts.ts';
