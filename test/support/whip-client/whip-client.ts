import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thirdParty } from '../third-parties.ts';

const PICTURES =
  'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! x264enc tune=zerolatency key-int-max=30 bitrate=1000 ! video/x-h264,profile=constrained-baseline ! rtph264pay pt=96 config-interval=-1 ! application/x-rtp,media=video,encoding-name=H264,payload=96';

/** A publisher that runs. */
export interface WhipClient {
  /** All that it said so far. */
  words(): string;
  /** Says goodbye and ends. */
  leave(): Promise<void>;
}

/** Lets simple-whip-client publish a ball that moves, 640×360 at 30 pictures a second. */
export function startWhipClient(endpoint: string, token: string): WhipClient {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-whip-client-'));
  const made = join(folder, 'libgupnp-igd-1.0.so.4');
  const source = join(import.meta.dirname, 'no-port-mapping.c');
  execFileSync(thirdParty('gcc') ?? 'gcc', ['-shared', '-fPIC', '-o', made, source]);
  const client = spawn(thirdParty('whip-client') ?? '', ['-u', endpoint, '-t', token, '-V', PICTURES], {
    env: { ...process.env, LD_LIBRARY_PATH: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const pipe of [client.stdout, client.stderr])
    pipe.on('data', (chunk) => {
      words += String(chunk);
    });
  return {
    words: () => words,
    leave: async () => {
      await ended(client);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const GOODBYE_MS = 3_000;

async function ended(client: ChildProcess): Promise<void> {
  if (client.exitCode !== null || client.signalCode !== null) return;
  const gone = once(client, 'exit');
  client.kill('SIGINT');
  const timer = setTimeout(() => client.kill('SIGKILL'), GOODBYE_MS);
  await gone;
  clearTimeout(timer);
}
