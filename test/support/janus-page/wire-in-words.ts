import type { WireMessage } from './janus-page.ts';

/** What was said, in a few words each; candidates are left out. */
export const inWords = (wire: readonly WireMessage[]): string[] =>
  wire.flatMap(({ from, message }) => {
    const { janus, body, jsep, plugin, plugindata } = message as {
      readonly janus: string;
      readonly body?: { readonly request: string; readonly params?: object };
      readonly jsep?: { readonly type: string };
      readonly plugin?: string;
      readonly plugindata?: {
        readonly data: { readonly error_code?: number; readonly result?: { status: string } };
      };
    };
    if (janus === 'trickle' || janus === 'ack' || janus === 'success' || janus === 'keepalive') return [];
    const data = plugindata?.data;
    const words = [
      ...(janus === 'message' || janus === 'event' ? [] : [janus]),
      ...(plugin === undefined ? [] : [plugin]),
      ...(body ? [body.request] : []),
      ...(body?.params ? [JSON.stringify(body.params)] : []),
      ...(data ? [String(data.error_code ?? data.result?.status)] : []),
      ...(jsep ? [`with ${jsep.type}`] : []),
    ];
    return [`${from}: ${words.join(' ')}`];
  });
