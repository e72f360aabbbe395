import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { S3Target } from '@pinhole/outputs/upload';
import { AwsClient } from 'aws4fetch';
import { freeTcpPorts } from './free-tcp-ports.ts';
import { thirdParty } from './third-parties.ts';

/** A real storage service: OpenStack Swift with its S3 interface, all on 127.0.0.1. */
export interface S3Server {
  readonly target: S3Target;
  /** The objects of the bucket, by name. */
  list(): Promise<readonly string[]>;
  /** What an object has; nothing when there is none. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Uploads in parts that were begun and not ended. */
  pending(): Promise<number>;
  /** Pulls the plug of the service that clients speak with; what is stored stays. */
  stop(): Promise<void>;
  /** It is there again, at the same port. */
  start(): Promise<void>;
  /** Ends everything. */
  close(): Promise<void>;
}

const STORES = ['account', 'container', 'object'] as const;
const START_TIMEOUT_MS = 20_000;
const BUCKET = 'recordings';
const CREDENTIALS = { accessKeyId: 'test:tester', secretAccessKey: 'a-secret-of-the-tests' };

/** Starts one; `needs('swift')` tells whether that is possible here. */
export async function startS3Server(): Promise<S3Server> {
  const program = thirdParty('swift');
  if (program === undefined) throw new Error('swift is missing: ask needs() first');
  const folder = await mkdtemp(join(tmpdir(), 's3-server-'));
  const [proxyPort = 0, ...storePorts] = await freeTcpPorts(STORES.length + 1);
  await configure(folder, { program, proxyPort, storePorts });
  const open = (name: string): ChildProcess =>
    spawn(join(dirname(program), `swift-${name}-server`), [join(folder, `${name}.conf`)], {
      stdio: 'ignore',
    });
  const stores = STORES.map(open);
  await Promise.all(storePorts.map(answering));
  const running: { proxy?: ChildProcess } = {};

  const target: S3Target = { endpoint: `http://127.0.0.1:${proxyPort}`, bucket: BUCKET, ...CREDENTIALS };
  const client = new AwsClient({ ...CREDENTIALS, service: 's3', region: 'us-east-1', retries: 0 });
  const ask = (path: string, method = 'GET'): Promise<Response> =>
    client.fetch(`${target.endpoint}/${BUCKET}${path}`, { method });
  const start = async (): Promise<void> => {
    running.proxy = open('proxy');
    await answering(proxyPort);
  };
  await start();
  const made = await ask('', 'PUT');
  if (!made.ok) throw new Error(`no bucket could be made: ${made.status} ${await made.text()}`);
  const matches = async (path: string, pattern: RegExp): Promise<string[]> =>
    [...(await (await ask(path)).text()).matchAll(pattern)].map(([, text = '']) => text);
  return {
    target,
    list: async () => (await matches('', /<Key>(.*?)<\/Key>/g)).toSorted(),
    read: async (key) => {
      const answer = await ask(`/${key}`);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
    },
    pending: async () => (await matches('?uploads=', /<UploadId>(.*?)<\/UploadId>/g)).length,
    stop: () => end(running.proxy),
    start,
    close: async () => {
      for (const child of [running.proxy, ...stores]) await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(child?: ChildProcess): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** @see https://docs.openstack.org/swift/latest/development_saio.html */
async function configure(
  folder: string,
  { program, proxyPort, storePorts }: { program: string; proxyPort: number; storePorts: readonly number[] },
): Promise<void> {
  const { username } = userInfo();
  const defaults = (port: number): string[] => [
    '[DEFAULT]',
    'bind_ip = 127.0.0.1',
    `bind_port = ${port}`,
    'workers = 0',
    `user = ${username}`,
    `swift_dir = ${folder}`,
    'log_address = /nonexistent',
    'log_level = ERROR',
  ];
  const file = (name: string, lines: readonly string[]): Promise<void> =>
    writeFile(join(folder, name), `${lines.join('\n')}\n`);
  await mkdir(join(folder, 'node/d1'), { recursive: true });
  await file('swift.conf', [
    '[swift-hash]',
    'swift_hash_path_suffix = tests',
    '[storage-policy:0]',
    'name = one',
    'default = yes',
  ]);
  for (const [i, store] of STORES.entries()) {
    const port = storePorts[i] ?? 0;
    await file(`${store}.conf`, [
      ...defaults(port),
      `devices = ${folder}/node`,
      'mount_check = false',
      'fallocate_reserve = 0',
      '[pipeline:main]',
      `pipeline = ${store}-server`,
      `[app:${store}-server]`,
      `use = egg:swift#${store}`,
    ]);
    const ring = (words: readonly string[]): void => {
      const builder = join(folder, `${store}.builder`);
      const { status, stdout } = spawnSync(join(dirname(program), 'swift-ring-builder'), [builder, ...words]);
      // 1 is a warning: one device is no safe place.
      if (status === null || status > 1) throw new Error(`swift-ring-builder: ${String(stdout)}`);
    };
    ring(['create', '1', '1', '1']);
    ring(['add', `r1z1-127.0.0.1:${port}/d1`, '1']);
    ring(['rebalance']);
  }
  const filters = [
    'catch_errors',
    'gatekeeper',
    'cache',
    'listing_formats',
    'bulk',
    's3api',
    'tempauth',
    'slo',
    'dlo',
  ];
  const settings: Readonly<Record<string, readonly string[]>> = {
    cache: ['use = egg:swift#memcache', 'memcache_servers = 127.0.0.1:1'],
    s3api: ['use = egg:swift#s3api', 'location = us-east-1'],
    tempauth: ['use = egg:swift#tempauth', `user_test_tester = ${CREDENTIALS.secretAccessKey} .admin`],
  };
  await file('proxy.conf', [
    ...defaults(proxyPort),
    '[pipeline:main]',
    `pipeline = ${filters.join(' ')} proxy-server`,
    '[app:proxy-server]',
    'use = egg:swift#proxy',
    'account_autocreate = true',
    ...filters.flatMap((name) => [`[filter:${name}]`, ...(settings[name] ?? [`use = egg:swift#${name}`])]),
  ]);
}

async function answering(port: number): Promise<void> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; ) {
    try {
      await fetch(`http://127.0.0.1:${port}/healthcheck`);
      return;
    } catch (thrown) {
      if (Date.now() > deadline) throw new Error(`nobody answers at port ${port}`, { cause: thrown });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
