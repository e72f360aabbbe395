import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
};

/** Vite puts a hash of the content into these names, so they never change. */
const HASHED = /-[\w-]{8,}\.\w+$/;

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pinhole</title>
<h1>The web app is not built</h1>
<p>The server runs. Its page is missing: run <code>npm run build</code> in the project's folder and load this page again.</p>
</html>
`;

interface Asset {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly etag: string;
  readonly immutable: boolean;
}

/** Where the built web app lies: beside this program when published, in its workspace while developing. */
export function webFolder(): string {
  const published = fileURLToPath(new URL('../web', import.meta.url));
  const workspace = fileURLToPath(new URL('../../../web/dist', import.meta.url));
  return existsSync(join(published, 'index.html')) ? published : workspace;
}

/**
 * The files of the web app, held in memory: a request names a key of a table, never a path on the disk. They are read
 * again when `index.html` changes, so that a build is picked up by a running server.
 */
export class WebAssets {
  readonly #folder: string;
  #files = new Map<string, Asset>();
  #builtAt = -1;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The response for a path, or undefined when the web app has no such file. Pages of the app are all `index.html`. */
  respond(
    path: string,
    request: { readonly ifNoneMatch?: string | undefined; readonly page: boolean },
  ): Response | undefined {
    this.#refresh();
    const found = this.#files.get(path) ?? (request.page ? this.#files.get('/index.html') : undefined);
    if (found === undefined) return request.page ? notBuilt() : undefined;
    const headers = {
      'Content-Type': found.type,
      'Cache-Control': found.immutable ? 'public, max-age=31536000, immutable' : 'no-store',
      ETag: found.etag,
    };
    if (request.ifNoneMatch === found.etag) return new Response(null, { status: 304, headers });
    return new Response(found.bytes as Uint8Array<ArrayBuffer>, { headers });
  }

  #refresh(): void {
    const builtAt = statSync(join(this.#folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? -1;
    if (builtAt === this.#builtAt) return;
    this.#builtAt = builtAt;
    this.#files = builtAt === -1 ? new Map() : readFolder(this.#folder);
  }
}

function readFolder(folder: string): Map<string, Asset> {
  const files = new Map<string, Asset>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    const asset: Asset = {
      bytes,
      type: TYPES[extname(entry.name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      immutable: HASHED.test(entry.name),
    };
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    files.set(path, asset);
    if (path === '/index.html') files.set('/', asset);
  }
  return files;
}

const notBuilt = (): Response =>
  new Response(NOT_BUILT, {
    status: 503,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
  });
