import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freeUdpPort } from './free-udp-port.ts';
import { hex } from './hex.ts';
import { thirdParty } from './third-parties.ts';
import { untilOpen } from './until-open.ts';

/** Debian's coturn at one address of this machine, by UDP and TCP. */
export interface TurnServer {
  readonly port: number;
  /** From what it and whoever names it to viewers make credentials. */
  readonly secret: string;
  /** What it said so far. */
  output(): string;
  dispose(): Promise<void>;
}

/** Starts `turnserver`, which takes nobody without a credential that the secret made; resolves when it answers. */
export async function startTurnServer(address: string): Promise<TurnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-turn-'));
  const port = await freeUdpPort();
  const secret = 'known-to-two-servers';
  const child = spawn(
    thirdParty('coturn') ?? 'turnserver',
    [
      '-n --no-cli --no-tls --no-dtls --no-rfc5780 --verbose --log-file stdout --realm pinhole --use-auth-secret'.split(
        ' ',
      ),
      ['--listening-ip', address, '--relay-ip', address, '--listening-port', `${port}`],
      ['--static-auth-secret', secret, '--userdb', join(folder, 'users'), '--pidfile', join(folder, 'pid')],
      // All that relays here is on this machine.
      '--allow-loopback-peers',
    ].flat(),
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const dispose = async (): Promise<void> => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([untilOpen(port, address), answering(address, port)]);
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
  return { port, secret, output: () => output, dispose };
}

/** A Binding request (RFC 8489 §5). */
const WHO_AM_I = hex(`0001 0000 2112a442 ${'00'.repeat(12)}`);

/** Waits until it answers by UDP. @throws {Error} when it does not after 15 s */
async function answering(address: string, port: number): Promise<void> {
  const asking = createSocket('udp4');
  let answered = false;
  asking.on('message', () => (answered = true));
  asking.on('error', () => {}); // nobody there yet
  try {
    for (const deadline = Date.now() + 15_000; !answered; await pause(20)) {
      if (Date.now() > deadline) throw new Error(`turnserver does not answer at ${address}:${port}`);
      asking.send(WHO_AM_I, port, address);
    }
  } finally {
    asking.close();
  }
}
