import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeUdpPort } from './free-udp-port.ts';
import { thirdParty } from './third-parties.ts';

/** Debian's coturn at one address of this machine, by UDP and TCP. */
export interface TurnServer {
  readonly port: number;
  /** From what it and whoever names it to viewers make credentials. */
  readonly secret: string;
  /** What it said so far. */
  output(): string;
  dispose(): Promise<void>;
}

/** Starts `turnserver`, which takes nobody without a credential that the secret made. */
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
  return {
    port,
    secret,
    output: () => output,
    async dispose() {
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
