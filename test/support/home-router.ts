import { spawnSync } from 'node:child_process';
import { canHaveNetworks, inOwnNetworks } from './own-networks.ts';

/** A link that `tc tbf` makes narrow, and what may wait before it. */
export interface NarrowLink {
  readonly megabitsPerSecond: number;
  /** What comes while so many wait is dropped. */
  readonly queuePackets: number;
}

/** Where a server reaches its viewer beyond the router. */
export const VIEWER_ADDRESS = '10.0.2.2';

/**
 * Three networks that end with the command: here the sender's; a router's, whose way on is narrow; a viewer's. What the
 * system sends as one and a card would cut, tbf cuts: each packet waits, or is dropped, by itself. Three packets leave
 * at once when none did for a while.
 */
const THREE_NETWORKS = `
  ip netns add router; ip netns add viewer
  ip link add up0 type veth peer name home0 netns router
  ip -n router link add up1 type veth peer name home1 netns viewer
  ip address add 10.0.1.1/24 dev up0; ip -n router address add 10.0.1.2/24 dev home0
  ip -n router address add 10.0.2.1/24 dev up1; ip -n viewer address add ${VIEWER_ADDRESS}/24 dev home1
  ip link set up0 up; ip -n router link set home0 up; ip -n router link set up1 up; ip -n viewer link set home1 up
  ip route add default via 10.0.1.2; ip -n viewer route add default via 10.0.2.1
  ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  tc -n router qdisc add dev up1 root handle 1: tbf rate "$1mbit" burst 4000 limit 1000000
  tc -n router qdisc add dev up1 parent 1:1 pfifo limit "$2"`;

const networksOf = (link: NarrowLink) => ({
  script: THREE_NETWORKS,
  given: [link.megabitsPerSecond, link.queuePackets].map(String),
});

/** What `unshare` is to be given, so that a command runs as the sender. All of it is gone when the command has ended. */
export const behindRouter = (link: NarrowLink, command: readonly string[]): readonly string[] =>
  inOwnNetworks(networksOf(link), command);

/** What `ip` is to be given by the sender, so that the command after it runs as the viewer. */
export const AS_VIEWER: readonly string[] = ['netns', 'exec', 'viewer'];

/** Packets that found the queue full so far, by the router's own count; for the sender. */
export function droppedByRouter(): number {
  const { stdout } = spawnSync('tc', ['-n', 'router', '-s', 'qdisc', 'show', 'dev', 'up1', 'root'], {
    encoding: 'utf8',
  });
  const dropped = /dropped (\d+)/.exec(stdout)?.[1];
  if (dropped === undefined) throw new Error(`tc told no drops: ${stdout}`);
  return Number(dropped);
}

/** Why there can be no such networks here; undefined where there can. */
export function whyNoRouter(): string | undefined {
  const possible = canHaveNetworks(networksOf({ megabitsPerSecond: 1, queuePackets: 1 }));
  return possible ? undefined : 'a network with a narrow link needs root, iproute2, veth and tbf';
}
