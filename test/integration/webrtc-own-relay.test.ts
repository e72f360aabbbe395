import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect } from 'vitest';
import { canHaveNetworks, inOwnNetworks } from '../support/own-networks.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import type { Relayed } from '../support/relayed-server-child.ts';
import { needs } from '../support/third-parties.ts';
import { startTurnServer, type TurnServer } from '../support/turn-server.ts';
import { watchByWhep } from '../support/watch-by-whep.ts';

const TURN_ADDRESS = '10.0.1.1';

/** Two networks with a wire between them: here the server's, and one called viewer. */
const TWO_NETWORKS = {
  script: `
    ip link set lo up
    ip netns add viewer
    ip link add wire0 type veth peer name wire1 netns viewer
    ip address add ${TURN_ADDRESS}/24 dev wire0; ip -n viewer address add 10.0.1.2/24 dev wire1
    ip link set wire0 up; ip -n viewer link set wire1 up`,
};

const { it } = needs('iproute2', 'coturn');
const possible = canHaveNetworks(TWO_NETWORKS);
if (!possible) console.log('skipped: a relay of the server’s own; networks of its own need root and veth');

describe('a server whose TURN server refuses it', () => {
  let turn: TurnServer | undefined;
  let pinhole: Pinhole | undefined;
  afterEach(async () => {
    await pinhole?.dispose();
    await turn?.dispose();
  });

  it('is watched without a relay, and says whose fault that is', async () => {
    turn = await startTurnServer('127.0.0.1');
    const iceServers = [{ urls: [`turn:127.0.0.1:${turn.port}`], secret: 'not-what-it-knows' }];
    pinhole = await startPinhole({
      config: { cameras: { test: { source: 'synthetic:640x360@30' } }, webrtc: { port: 0, iceServers } },
    });

    const viewers = [await watchByWhep(pinhole, 'test'), await watchByWhep(pinhole, 'test')];

    expect((await pinhole.sessions()).map(({ webrtc }) => webrtc?.path)).toEqual(['host/udp', 'host/udp']);
    for (const viewer of viewers) viewer.close();
    // It is not asked again for each viewer.
    const said = pinhole
      .output()
      .split('\n')
      .filter((line) => line.includes('no relay by the TURN server'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`"server":"127.0.0.1:${turn.port}"`);
    expect(said[0]).toContain('401');
  });
});

describe.skipIf(!possible)('a server that has a relay', () => {
  it.each(['udp', 'tcp'])(
    'by %s is watched by who reaches nothing but that, beside others; gives it back with the viewer',
    async (transport) => {
      const program = join(import.meta.dirname, '../support/relayed-server-child.ts');
      const command = [process.execPath, '--conditions=@pinhole/source', '--import', 'tsx', program];
      const { stdout } = await promisify(execFile)(
        'unshare',
        inOwnNetworks(TWO_NETWORKS, [...command, TURN_ADDRESS, transport, 'viewer']),
        { timeout: 30_000 },
      );
      const { paths, picturesBeside, released } = JSON.parse(stdout) as Relayed;

      expect(paths).toEqual(['relay/udp', 'host/udp']);
      // One watched two seconds, the other for as long at least.
      expect(picturesBeside).toBeGreaterThan(10);
      expect(released).toBe(2);
    },
  );
});
