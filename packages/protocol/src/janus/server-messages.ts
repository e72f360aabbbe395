import type { JsonObject } from './fields.ts';
import type { JanusCandidate, JanusJsep } from './session-parts.ts';

/** What a plugin says, with the plugin's name. */
export interface JanusPluginData {
  readonly plugin: string;
  readonly data: JsonObject;
}

/** An answer to a request; which one, its transaction says. */
export type JanusReply =
  | {
      readonly janus: 'success';
      readonly sessionId?: number;
      readonly transaction?: string;
      /** Of the session or handle that was made. */
      readonly id?: number;
      /** The handle whose plugin answered at once. */
      readonly sender?: number;
      readonly plugin?: JanusPluginData;
      readonly jsep?: JanusJsep;
    }
  | { readonly janus: 'ack'; readonly sessionId?: number; readonly transaction?: string }
  | { readonly janus: 'pong'; readonly transaction?: string }
  | {
      readonly janus: 'error';
      readonly sessionId?: number;
      readonly transaction?: string;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly janus: 'server_info'; readonly transaction?: string; readonly about: JsonObject };

/** What the server says of a handle by itself. */
export type JanusHandleEvent =
  | {
      readonly janus: 'event';
      readonly sessionId: number;
      /** Of the request that led to it, where the plugin passes that on. */
      readonly transaction?: string;
      readonly sender: number;
      readonly plugin: JanusPluginData;
      readonly jsep?: JanusJsep;
    }
  /** Media flows from now on. */
  | { readonly janus: 'webrtcup'; readonly sessionId: number; readonly sender: number }
  | {
      readonly janus: 'hangup';
      readonly sessionId: number;
      readonly sender: number;
      readonly reason: string;
    }
  | { readonly janus: 'detached'; readonly sessionId: number; readonly sender: number }
  | {
      readonly janus: 'media';
      readonly sessionId: number;
      readonly sender: number;
      readonly mid: string;
      readonly type: 'audio' | 'video';
      readonly receiving: boolean;
    }
  | {
      readonly janus: 'slowlink';
      readonly sessionId: number;
      readonly sender: number;
      readonly mid: string;
      readonly media: 'audio' | 'video';
      /** Of what the server sends; else of what it receives. */
      readonly uplink: boolean;
      /** Packets. */
      readonly lost: number;
    }
  | {
      readonly janus: 'trickle';
      readonly sessionId: number;
      readonly sender: number;
      readonly candidate: JanusCandidate;
    };

/** What the server says by itself. */
export type JanusEvent =
  | JanusHandleEvent
  /** The session is no more: nothing was heard of its client. */
  | { readonly janus: 'timeout'; readonly sessionId: number }
  /** Fills a long poll in which nothing happened. */
  | { readonly janus: 'keepalive' };

/** What the server says that is newer than this, or of no use to a viewer. */
export interface JanusUnknownMessage {
  readonly janus: 'unknown';
  readonly verb: string;
}

/** What a server says. */
export type JanusServerMessage = JanusReply | JanusEvent;

/** The JSON of what a server says, its keys in the order in which Janus writes them. */
export function janusMessageJson(message: JanusServerMessage): JsonObject {
  switch (message.janus) {
    case 'success': {
      const { janus, sessionId, transaction, sender, id, plugin, jsep } = message;
      return defined({
        janus,
        session_id: sessionId,
        transaction,
        sender,
        data: id === undefined ? undefined : { id },
        plugindata: plugin,
        jsep,
      });
    }
    case 'error': {
      const { janus, sessionId, transaction, code, reason } = message;
      return defined({ janus, session_id: sessionId, transaction, error: { code, reason } });
    }
    case 'server_info':
      return defined({ janus: message.janus, transaction: message.transaction, ...message.about });
    case 'event': {
      const { janus, sessionId, transaction, sender, plugin, jsep } = message;
      return defined({ janus, session_id: sessionId, transaction, sender, plugindata: plugin, jsep });
    }
    case 'ack':
    case 'pong':
    case 'webrtcup':
    case 'hangup':
    case 'detached':
    case 'media':
    case 'slowlink':
    case 'trickle':
    case 'timeout':
    case 'keepalive': {
      const { janus, sessionId, transaction, sender, ...rest } = {
        sessionId: undefined,
        transaction: undefined,
        sender: undefined,
        ...message,
      };
      return defined({ janus, session_id: sessionId, transaction, sender, ...rest });
    }
  }
}

/** The text of what a server says. */
export const serializeJanusMessage = (message: JanusServerMessage): string =>
  JSON.stringify(janusMessageJson(message));

const defined = (json: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
