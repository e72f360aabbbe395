import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { thirdParty } from './third-parties.ts';

const SCRIPT = fileURLToPath(new URL('./rtsp-server.py', import.meta.url));
const START_TIMEOUT_MS = 15_000;

/** One stream that the server offers. */
export interface RtspMount {
  /** An MP4, a Matroska file where it has sound, or a raw `.h264` byte stream. */
  readonly file: string;
  readonly codec?: 'h264' | 'h265' | 'mjpeg';
  /** Starts again at its end; for a raw byte stream without B-frames only. */
  readonly loop?: boolean;
  /** Of a raw byte stream. Default 30. */
  readonly framesPerSecond?: number;
  /** The sound beside the pictures of a Matroska file. */
  readonly sound?: 'aac' | 'opus' | 'pcmu' | 'pcma';
  /** Repeats the parameter sets in front of each key picture (default), or has them in the SDP only. */
  readonly inBandParameters?: boolean;
}

/** What to serve. */
export interface RtspServerOptions {
  /** By path, e.g. `/door`. */
  readonly mounts: Readonly<Record<string, RtspMount>>;
  /** 0 (default) takes a free one. */
  readonly port?: number;
  readonly auth?: { readonly scheme: 'basic' | 'digest'; readonly user: string; readonly password: string };
}

/** A real RTSP server (GStreamer's gst-rtsp-server) on 127.0.0.1. */
export interface RtspServer {
  readonly port: number;
  readonly pid: number;
  /** The URL of a mount; with `userInfo` (`user:password`) where it wants one. */
  url(path: string, options?: { readonly userInfo?: string }): string;
  /** Pulls the plug: connections are reset. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a server; `needs('gst-rtsp-server')` tells whether that is possible here. */
export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const python = thirdParty('gst-rtsp-server');
  if (python === undefined) throw new Error('gst-rtsp-server is missing: ask needs() first');
  const child = spawn(python, [SCRIPT, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const port = await listening(child, errors);
  return {
    port,
    pid: child.pid ?? 0,
    url: (path, { userInfo } = {}) =>
      `rtsp://${userInfo === undefined ? '' : `${userInfo}@`}127.0.0.1:${port}${path}`,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function listening(child: ChildProcess, errors: readonly string[]): Promise<number> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the RTSP server did not start within ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the RTSP server ended with ${code}: ${errors.join(' ')}`));
    });
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve((JSON.parse(line) as { port: number }).port);
    });
  });
}
