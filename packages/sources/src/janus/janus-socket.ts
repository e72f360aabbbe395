import { JANUS_SUBPROTOCOL } from '@pinhole/protocol/janus';
import {
  type JanusFault,
  type JanusSocketOpener,
  lastingFault,
  MAX_SERVER_TEXT_CHARS,
  passingFault,
} from '@pinhole/protocol/janus-session';
import { type NetworkCode, networkFault } from '../network-fault.ts';
import type { JanusTarget } from './janus-source-options.ts';

/** Opens WebSockets, as whoever makes the source can; handlers are called later than it returns. */
export type WebSocketOpener = (
  options: {
    readonly url: string;
    readonly subprotocol: string;
    readonly maxMessageBytes: number;
    readonly certificate: 'checked' | 'any';
  },
  handlers: {
    readonly opened: () => void;
    readonly text: (message: string) => void;
    readonly closed: (end: {
      readonly status?: number;
      readonly nodeCode?: string;
      readonly closeCode?: number;
    }) => void;
  },
) => { send(text: string): void; close(): void };

/** What a link met on its way. */
export interface LinkFault {
  readonly fault: JanusFault;
  readonly network?: NetworkCode;
}

/** A WebSocket to a Janus. */
export const janusSocket =
  (
    { url, certificate = 'checked' }: JanusTarget,
    options: {
      readonly openWebSocket: WebSocketOpener;
      readonly met: (network: NetworkCode | undefined) => void;
    },
  ): JanusSocketOpener =>
  ({ opened, text, closed }) =>
    options.openWebSocket(
      // Four bytes a character at most.
      { url, certificate, subprotocol: JANUS_SUBPROTOCOL, maxMessageBytes: 4 * MAX_SERVER_TEXT_CHARS },
      {
        opened,
        text,
        closed: ({ status, nodeCode, closeCode }) => {
          const { fault, network } =
            status === undefined
              ? networkEnd(nodeCode, closeCode)
              : { fault: statusFault(status), network: undefined };
          options.met(network);
          closed(fault);
        },
      },
    );

function networkEnd(nodeCode: string | undefined, closeCode: number | undefined): LinkFault {
  if (nodeCode !== undefined) return nodeFault(nodeCode);
  return { fault: passingFault('janus/unreachable', `the server closed the connection (${closeCode})`) };
}

/** What Node's code of a failed connection means. */
export function nodeFault(nodeCode: string): LinkFault {
  const known = networkFault(nodeCode);
  if (known) return { fault: passingFault('janus/unreachable', known.why), network: known.code };
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO/.test(nodeCode)) {
    return {
      fault: passingFault(
        'janus/unreachable',
        `its TLS is not one that we trust (${nodeCode}); certificate=any takes every one`,
      ),
    };
  }
  return { fault: passingFault('janus/unreachable', `the connection failed (${nodeCode})`) };
}

function statusFault(status: number): JanusFault {
  if (status === 401 || status === 403 || (status >= 300 && status < 400))
    return lastingFault(
      'janus/credentials',
      `what stands before Janus lets nobody in without a login (${status})`,
    );
  return passingFault(
    'janus/unreachable',
    `what answers at this address is no WebSocket of Janus (${status})`,
  );
}
