import type { JsonObject } from './fields.ts';
import type { JanusCandidate, JanusJsep } from './session-parts.ts';

/** What every request may carry, where the server demands it. */
export interface JanusCredentials {
  readonly apisecret?: string;
  readonly token?: string;
}

/** Which handle of which session a request is for. Over HTTP the path may say it instead. */
export interface JanusAddress {
  readonly sessionId?: number;
  readonly handleId?: number;
}

/** What a client asks for. */
export type JanusRequest =
  | { readonly janus: 'info' | 'ping' | 'claim' | 'keepalive' | 'destroy' | 'hangup' | 'detach' }
  | { readonly janus: 'create'; readonly id?: number }
  | { readonly janus: 'attach'; readonly plugin: string; readonly opaqueId?: string }
  | { readonly janus: 'message'; readonly body: JsonObject; readonly jsep?: JanusJsep }
  | { readonly janus: 'trickle'; readonly candidate: JanusCandidate }
  | { readonly janus: 'trickle'; readonly candidates: readonly JanusCandidate[] };

/** One request as it goes over the wire: what is asked, where, by whom, and the transaction that its answer names. */
export type JanusSentRequest = JanusRequest &
  JanusAddress &
  JanusCredentials & { readonly transaction: string };

/** The text of a request. */
export function serializeJanusRequest(request: JanusSentRequest): string {
  const { janus, transaction, sessionId, handleId, apisecret, token, ...rest } = request;
  const { opaqueId, ...elements } = { opaqueId: undefined, ...rest };
  return JSON.stringify({
    janus,
    transaction,
    session_id: sessionId,
    handle_id: handleId,
    apisecret,
    token,
    ...elements,
    opaque_id: opaqueId,
  });
}
