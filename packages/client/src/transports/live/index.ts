export { LiveConnection, type LiveConnectionOptions, type LiveEvent } from './live-connection.ts';
