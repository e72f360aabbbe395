/**
 * A program that runs a server, of which a viewer in another network reaches nothing but what a TURN server relays, while
 * another one watches beside it. Writes what became of them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPinhole } from './pinhole.ts';
import { RtpViewer } from './rtp-viewer.ts';
import { startTurnServer } from './turn-server.ts';

/** What is written, as JSON. */
export interface Relayed {
  /** Of the one who came by the relay, and of the one beside the server. */
  readonly paths: readonly string[];
  /** What the one beside it got while the other watched. */
  readonly picturesBeside: number;
  /** Relays that the TURN server has let go of, as both had left; each viewer had one. */
  readonly released: number;
}

const LONGEST_MS = 30_000;

const [, , turnAddress = '', transport = '', viewerNetwork = ''] = process.argv;
setTimeout(() => process.exit(1), LONGEST_MS).unref();

const turn = await startTurnServer(turnAddress);
const iceServers = [
  { urls: [`turn:${turnAddress}:${turn.port}?transport=${transport}`], secret: turn.secret },
];
const pinhole = await startPinhole({
  config: {
    cameras: { test: { source: 'synthetic:640x360@30' } },
    webrtc: { port: 0, hostAddresses: ['127.0.0.1'], iceServers },
  },
});
const afar = fork(join(import.meta.dirname, 'relayed-viewer-child.ts'), {
  execPath: 'ip',
  execArgv: ['netns', 'exec', viewerNetwork, process.execPath, ...process.execArgv],
});
const beside = new RtpViewer();
try {
  const [offer] = (await once(afar, 'message')) as [string];
  afar.send(await answerTo(offer));
  await beside.connect(answerTo);
  await once(afar, 'message');
  const sessions = await pinhole.sessions();
  const paths = sessions.map(({ webrtc }) => webrtc?.path ?? 'none');
  const picturesBeside = beside.packets.filter(({ marker }) => marker).length;
  for (const { id } of sessions) await pinhole.ask(`/api/v1/sessions/${id}`, { method: 'DELETE' });
  while (turn.output().split(': delete: ').length <= paths.length) await wait(50);
  const released = turn.output().split('lifetime=0').length - 1;
  process.stdout.write(JSON.stringify({ paths, picturesBeside, released } satisfies Relayed));
} finally {
  beside.close();
  afar.kill();
  await pinhole.dispose();
  await turn.dispose();
}
process.exit();

async function answerTo(offer: string): Promise<string> {
  const headers = { 'content-type': 'application/sdp' };
  return await (await pinhole.ask('/whep/test', { method: 'POST', headers, body: offer })).text();
}
