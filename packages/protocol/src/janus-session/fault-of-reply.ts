import { JANUS_ERROR, type JanusReply } from '../janus/index.ts';
import { type JanusFault, lasting, passing, shown } from './janus-fault.ts';

/** What a reply that is no success means. */
export function faultOf(reply: JanusReply | undefined, asked: string): JanusFault {
  if (reply === undefined) return passing('janus/no-answer', `The server did not answer to ${asked}.`);
  if (reply.janus !== 'error')
    return passing('janus/no-janus', `The server answered to ${asked} with ${reply.janus}.`);
  const words = `${shown(reply.reason)} (${reply.code})`;
  switch (reply.code) {
    case JANUS_ERROR.unauthorized:
      return lasting(
        'janus/credentials',
        `The server wants a secret or a token, or these are wrong: ${words}.`,
      );
    case JANUS_ERROR.unauthorizedPlugin:
      return lasting('janus/credentials', `The token does not allow to use this plugin: ${words}.`);
    case JANUS_ERROR.noSuchPlugin:
      return lasting('janus/no-plugin', `The server has no such plugin: ${words}.`);
    case JANUS_ERROR.noSuchSession:
    case JANUS_ERROR.noSuchHandle:
      return passing('janus/session-gone', `The session is gone: ${words}.`);
    case JANUS_ERROR.notAcceptingSessions:
      return passing('janus/busy', `The server takes no new sessions now: ${words}.`);
    default:
      return passing('janus/refused', `The server refused ${asked}: ${words}.`);
  }
}
