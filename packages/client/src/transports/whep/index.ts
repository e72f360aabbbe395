export { WhepConnection, type WhepConnectionOptions, type WhepEvent } from './whep-connection.ts';
export type { WhepEndpoint } from './whep-resource.ts';
