import { openClientSocket } from '@pinhole/outputs/sockets';
import type { JsonObject } from '@pinhole/protocol/janus';
import { createJanusSource, type JanusTarget } from '@pinhole/sources/janus';
import { type SourceKind, settingsOf, sourceFault, wordSetting } from './source-kind.ts';

/** A stream of a Janus somewhere; its credentials are never to be logged or sent out. */
export interface JanusSpec extends JanusTarget {
  readonly kind: 'janus';
}

const kind = 'janus';
const SETTINGS = ['plugin', 'id', 'watch', 'secret', 'token', 'certificate'];
const STREAMING = 'janus.plugin.streaming';

/**
 * `janus+ws://[secret[:token]@]host:8188[/path][?plugin=…&id=…]`, also `janus+wss`, `janus+http` and `janus+https`, whose
 * path is `/janus` unless given.
 */
export const janus: SourceKind<JanusSpec> = {
  kind,
  schemes: ['janus+ws', 'janus+wss', 'janus+http', 'janus+https'],
  example: 'janus+ws://host:8188/?plugin=janus.plugin.streaming&id=1',
  parse: (text) => {
    const url = /^janus\+((?:ws|http)s?:\/\/[^\s#]+)$/i.exec(text)?.[1];
    if (url === undefined || !URL.canParse(url) || new URL(url).hostname === '') {
      throw sourceFault(
        'the janus address cannot be read; write janus+ws://host:8188 or janus+http://host:8088/janus, with special characters percent-encoded',
      );
    }
    const { protocol, host, pathname, search, username, password } = new URL(url);
    const settings = settingsOf(kind, search.slice(1), SETTINGS);
    const path = protocol.startsWith('http') && pathname === '/' ? '/janus' : pathname;
    const certificate = wordSetting('certificate', settings.get('certificate'), {
      kind,
      words: ['checked', 'any'],
    });
    return {
      kind,
      url: `${protocol}//${host}${path}`,
      ...pluginOf(settings),
      ...credentialsOf(settings, [username, password]),
      ...(certificate !== undefined && { certificate }),
    };
  },
  open: ({ kind: _kind, ...target }, { log, audio, outwardTransports: transports }) =>
    createJanusSource({ ...target, log, audio, transports, openWebSocket: openClientSocket }),
  inWords: ({ url, plugin }) => `Janus at ${new URL(url).host}${plugin === undefined ? '' : `, ${plugin}`}`,
};

function pluginOf(settings: ReadonlyMap<string, string>): Pick<JanusTarget, 'plugin' | 'watch'> {
  const [id, watch] = [settings.get('id'), settings.get('watch')];
  // Streams have numbers in the streaming plugin alone.
  const plugin = settings.get('plugin') ?? (id === undefined ? undefined : STREAMING);
  if (plugin !== undefined && !/^[\w.-]{1,100}$/.test(plugin))
    throw sourceFault(`plugin "${plugin.slice(0, 40)}" of ${kind}: write a name like ${STREAMING}`);
  if (id !== undefined && watch !== undefined)
    throw sourceFault(
      `id and watch of ${kind}: write one of them; watch={"request":"watch","id":1} has both`,
    );
  if (id === '') throw sourceFault(`id of ${kind} is empty: write the number of a stream`);
  const body =
    id === undefined ? watchBody(watch) : { request: 'watch', id: /^\d{1,15}$/.test(id) ? Number(id) : id };
  return { ...(plugin !== undefined && { plugin }), ...(body && { watch: body }) };
}

function watchBody(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonObject;
  } catch {
    // said below
  }
  throw sourceFault(`watch of ${kind} is no JSON object: write e.g. watch={"request":"watch","id":1}`);
}

function credentialsOf(
  settings: ReadonlyMap<string, string>,
  [username, password]: readonly [string, string],
): Pick<JanusTarget, 'credentials'> {
  const secret = settings.get('secret') ?? decoded(username);
  const token = settings.get('token') ?? decoded(password);
  if (secret === '' && token === '') return {};
  return { credentials: { ...(secret !== '' && { apisecret: secret }), ...(token !== '' && { token }) } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone `%` is part of it
  }
}
