/** What a systemd unit is written for. */
export interface ServiceUnitOptions {
  /** Of the whole machine, or of one person's own systemd. */
  readonly scope: 'system' | 'user';
  /** The program and its arguments, with absolute paths. */
  readonly command: readonly string[];
  /** Who runs it; left out, systemd makes a user for it alone (`DynamicUser`). Only in the system's scope. */
  readonly user?: string;
  /** Groups that exist here and may use cameras. */
  readonly groups: readonly string[];
  /** Folders outside its own that it writes to. */
  readonly writable: readonly string[];
  /** The program or its configuration lies in a home folder. */
  readonly readsHome: boolean;
}

/** The groups to which distributions give cameras, encoders and microphones. */
export const DEVICE_GROUPS = ['video', 'render', 'audio'] as const;

/**
 * A unit that starts at boot, is restarted when it ends or hangs, and may do little else than read cameras and answer
 * the network.
 *
 * @see systemd.service(5), systemd.exec(5), systemd.resource-control(5)
 */
export function serviceUnit(options: ServiceUnitOptions): string {
  const system = options.scope === 'system';
  return sections({
    Unit: [
      'Description=Pinhole: live camera pictures in browsers',
      // A user's systemd has no target for the network.
      ...(system ? ['Wants=network-online.target', 'After=network-online.target'] : []),
      // A camera that is not there yet must not use up the tries.
      'StartLimitIntervalSec=0',
    ],
    Service: [
      'Type=notify',
      // The notice is sent by a child, systemd-notify.
      'NotifyAccess=all',
      'WatchdogSec=30',
      'TimeoutStartSec=60',
      `ExecStart=${options.command.map(quoted).join(' ')}`,
      'Restart=always',
      'RestartSec=2',
      'TimeoutStopSec=10',
      'UMask=0077',
      ...(system ? identity(options) : []),
      ...SANDBOX,
      ...(system ? systemSandbox(options) : []),
    ],
    Install: [`WantedBy=${system ? 'multi-user.target' : 'default.target'}`],
  });
}

/** What an unprivileged systemd can enforce as well. V8 writes machine code, so MemoryDenyWriteExecute is out. */
const SANDBOX = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictNamespaces=yes',
  // Netlink tells which addresses this machine has.
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
];

const identity = ({ user, groups }: ServiceUnitOptions): readonly string[] => [
  user === undefined ? 'DynamicUser=yes' : `User=${user}`,
  ...(groups.length > 0 ? [`SupplementaryGroups=${groups.join(' ')}`] : []),
  'StateDirectory=pinhole',
  'StateDirectoryMode=0700',
];

const systemSandbox = ({ writable, readsHome }: ServiceUnitOptions): readonly string[] => [
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  `ProtectHome=${readsHome ? 'read-only' : 'yes'}`,
  ...(writable.length > 0 ? [`ReadWritePaths=${writable.map(quoted).join(' ')}`] : []),
  'PrivateTmp=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
  'RemoveIPC=yes',
  // Cameras, their encoders and microphones, and nothing else.
  'DevicePolicy=closed',
  ...['video4linux', 'media', 'dma_heap', 'drm', 'alsa'].map((name) => `DeviceAllow=char-${name} rw`),
  ...['vchiq', 'vcsm-cma', 'vcio'].map((name) => `DeviceAllow=/dev/${name} rw`),
];

const sections = (all: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(all)
    .map(([name, lines]) => [`[${name}]`, ...lines].join('\n'))
    .join('\n\n')
    .concat('\n');

/** A word of a command line or a list, as systemd reads it (systemd.syntax(7), systemd.unit(5) on specifiers). */
const quoted = (word: string): string => {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')
    // A line of its own would be a setting of its own.
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return /[\s"'\\;]/.test(word) || word === '' ? `"${escaped}"` : escaped;
};
