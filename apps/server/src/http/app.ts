import { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from '@pinhole/core';
import { apiRoutes } from '../api/routes.ts';
import type { ApiServices } from '../api/services.ts';
import { requireAdmin } from '../auth/require.ts';
import type { JanusService } from '../janus/janus-service.ts';
import { janusRoutes } from '../janus/routes.ts';
import { type MediaServices, mediaRoutes, ROOT_FILES } from '../media/routes.ts';
import { type PushRoutesOptions, pushRoutes } from '../push/routes.ts';
import type { Downloads } from '../recordings/downloads.ts';
import { recordingFileRoutes } from '../recordings/routes.ts';
import type { WebAssets } from '../web-assets/web-assets.ts';
import { bodyLimit } from './body-limit.ts';
import type { Gate } from './gate.ts';
import { corsHeaders, PREFLIGHT_HEADERS } from './origin-check.ts';
import { HttpProblem, problemOf, problemResponse } from './problem.ts';
import type { Refusals } from './refusals.ts';
import type { ServerEnv } from './request-context.ts';

/** What the HTTP side is made of. */
export interface AppOptions {
  readonly gate: Gate;
  readonly api: ApiServices;
  readonly media: MediaServices;
  readonly push: Pick<PushRoutesOptions, 'push' | 'deadlines'>;
  readonly janus: JanusService;
  /** Those who have something of the past sent. */
  readonly downloads: Downloads;
  readonly assets: WebAssets;
  readonly securityHeaders: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly refusals: Refusals;
  /** Prometheus text. */
  readonly metrics: () => string;
  /** Whether this address may read the metrics without a token. */
  readonly metricsFrom: (address: string) => boolean;
  /** False once the server drains. */
  readonly ready: () => boolean;
  /** What should be recorded cannot be. */
  readonly recordingFails: () => boolean;
  readonly log: Logger;
}

const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const GUARDED = [
  '/api/*',
  '/whep/*',
  '/whip/*',
  '/live/*',
  '/push/*',
  '/cameras/*',
  '/metrics',
  ...ROOT_FILES,
];

/** The HTTP side of the server, without a socket: `app.request()` serves one request. */
export function createApp(options: AppOptions): OpenAPIHono<ServerEnv> {
  const { gate, log } = options;
  const app = new OpenAPIHono<ServerEnv>();

  app.use(async (context, next) => {
    await next();
    // Where nobody is left to take the answer, whatever ended the connection was noted.
    if (context.env.incoming.socket.writable) options.refusals.note(context.res.status);
    for (const [name, value] of Object.entries(options.securityHeaders)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
  });

  app.use(async (context, next) => {
    const { incoming } = context.env;
    const startedAt = performance.now();
    const address = gate.addressOf(incoming);
    context.set('address', address);
    if (context.req.method === 'TRACE') throw traceRefused();
    const changes = CHANGES.has(context.req.method);
    const kind = gate.admit(incoming, { changes });
    const origin = incoming.headers.origin;
    const preflight = context.req.method === 'OPTIONS' && !ANSWERS_PREFLIGHTS.test(context.req.path);
    if (preflight) {
      const allowed =
        kind === 'allowed' && origin !== undefined ? { ...corsHeaders(origin), ...PREFLIGHT_HEADERS } : {};
      return context.body(null, 204, { ...allowed, Vary: 'Origin' });
    }
    await next();
    if (origin !== undefined) {
      context.res.headers.append('Vary', 'Origin');
      for (const name of CORS_NAMES) context.res.headers.delete(name);
      if (kind === 'allowed') {
        for (const [name, value] of Object.entries(corsHeaders(origin))) context.res.headers.set(name, value);
      }
    }
    const durationMs = Math.round(performance.now() - startedAt);
    const { method, path } = context.req;
    log.debug({ method, path, status: context.res.status, durationMs, address }, 'request served');
    return;
  });

  app.use(async (context, next) => {
    // Those who send pictures are counted by picture, once they were let in.
    const counted = CHANGES.has(context.req.method) && !isPush(context.req.path);
    if (counted) gate.countWrite(context.get('address'));
    await next();
  });
  const limited = bodyLimit(options.bodyBytes);
  app.use((context, next) => (isPush(context.req.path) ? next() : limited(context, next)));

  app.get('/health', (context) =>
    context.json({ status: 'OK', timestamp: new Date().toISOString() }, 200, { 'Cache-Control': 'no-store' }),
  );
  app.get('/ready', (context) => {
    const ready = options.ready();
    // No reason to send viewers elsewhere: the live picture does not depend on the disk.
    const recording = options.recordingFails() ? { recording: 'failing' } : {};
    return context.json({ ready, ...recording }, ready ? 200 : 503, { 'Cache-Control': 'no-store' });
  });

  for (const path of GUARDED) {
    app.use(path, async (context, next) => {
      // OPTIONS tells nothing of any camera, and a browser's preflight cannot carry a token.
      if (context.req.method === 'OPTIONS') return await next();
      context.set('access', gate.authenticate(context.env.incoming, context.get('address')));
      return await next();
    });
  }

  app.get('/metrics', (context) => {
    if (!options.metricsFrom(context.get('address'))) requireAdmin(context.get('access'));
    return context.body(options.metrics(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
      'Cache-Control': 'no-store',
    });
  });
  app.route('/api/v1', apiRoutes(options.api));
  app.route('/', pushRoutes({ ...options.push, cameras: options.media.cameras, gate }));
  app.route('/', janusRoutes(options.janus));
  app.route('/', mediaRoutes(options.media));
  app.route('/', recordingFileRoutes({ ...options.api, downloads: options.downloads }));

  app.get('*', (context) => {
    const { path } = context.req;
    const page = !RESERVED.test(path) && !/\.[a-z0-9]+$/i.test(path);
    const response = options.assets.respond(path, { ifNoneMatch: context.req.header('if-none-match'), page });
    return response ?? notFound(path);
  });

  app.notFound((context) => notFound(context.req.path));
  app.onError((thrown) => {
    const problem = problemOf(thrown);
    if (problem !== undefined) return problemResponse(problem);
    log.error({ error: thrown }, 'a request failed by our own fault');
    return problemResponse(
      new HttpProblem(500, 'http/internal', 'the server made a mistake; its log tells more'),
    );
  });
  return app;
}

/** What answers a preflight by itself. */
const ANSWERS_PREFLIGHTS = /^\/(?:whep|whip)\//;

const RESERVED = /^\/(?:api|whep|whip|push|live|ws|janus|cameras|metrics|health|ready)(?:\/|$)/;

const isPush = (path: string): boolean => path.startsWith('/push/');

const CORS_NAMES = ['Access-Control-Allow-Origin', 'Access-Control-Expose-Headers'];

/** A platform's Request cannot even be made of one. */
const traceRefused = (): HttpProblem =>
  new HttpProblem(405, 'http/method', 'TRACE is not served here', {
    headers: { Allow: [...CHANGES, 'GET', 'HEAD', 'OPTIONS'].join(', ') },
  });

const notFound = (path: string): Response =>
  problemResponse(new HttpProblem(404, 'http/not-found', `nothing is served at ${path.slice(0, 200)}`));
