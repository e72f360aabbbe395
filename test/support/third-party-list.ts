/** Somebody else's program or module that a test uses for real. */
export interface ThirdPartyDescription {
  /** Programs any of which will do, by name in PATH or by absolute path; the first found is taken. */
  readonly programs: readonly string[];
  /** Arguments with which the program ends with 0 when it really has what we need. */
  readonly proof?: readonly string[];
  /** An npm module rather than a program. */
  readonly module?: string;
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** How a person gets it. */
  readonly howToGet: string;
}

const RTSP_PACKAGES = [
  'python3-gi',
  'gir1.2-gst-rtsp-server-1.0',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-rtsp',
];

const RTSP_PROOF = `
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer
Gst.init(None)
raise SystemExit(not all(Gst.ElementFactory.find(name) for name in ('qtdemux', 'matroskademux', 'h264parse', 'aacparse', 'opusparse', 'rtph264pay', 'rtpjpegpay', 'rtpmp4gpay', 'rtpopuspay', 'rtppcmupay')))
`;

const WHIP_CLIENT_PACKAGES = [
  'simple-whip-client',
  'gstreamer1.0-nice',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-ugly',
];

const SWIFT_PACKAGES = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object'];

/** Every third party that some test needs. */
export const THIRD_PARTIES = {
  chromium: {
    programs: ['/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome'],
    packages: ['chromium'],
    howToGet: 'apt-get install chromium',
  },
  ffmpeg: { programs: ['ffmpeg'], packages: ['ffmpeg'], howToGet: 'apt-get install ffmpeg' },
  openssl: { programs: ['openssl'], packages: ['openssl'], howToGet: 'apt-get install openssl' },
  nginx: { programs: ['nginx', '/usr/sbin/nginx'], packages: ['nginx'], howToGet: 'apt-get install nginx' },
  caddy: { programs: ['caddy'], packages: ['caddy'], howToGet: 'apt-get install caddy' },
  'gst-rtsp-server': {
    // Debian's own Python: `gi` is not in any other one that PATH may name first.
    programs: ['/usr/bin/python3'],
    proof: ['-c', RTSP_PROOF],
    packages: RTSP_PACKAGES,
    howToGet: `apt-get install ${RTSP_PACKAGES.join(' ')}`,
  },
  'whip-client': {
    programs: ['whip-client'],
    packages: WHIP_CLIENT_PACKAGES,
    howToGet: `apt-get install ${WHIP_CLIENT_PACKAGES.join(' ')}`,
  },
  python3: { programs: ['python3'], packages: ['python3'], howToGet: 'apt-get install python3' },
  'v4l2-ctl': { programs: ['v4l2-ctl'], packages: ['v4l-utils'], howToGet: 'apt-get install v4l-utils' },
  // Its `ustreamer-dump` lies beside it.
  ustreamer: {
    programs: ['ustreamer'],
    packages: ['ustreamer'],
    howToGet: 'apt-get install ustreamer',
  },
  'g++': {
    programs: ['g++', 'c++'],
    packages: ['g++', 'make', 'python3'],
    howToGet: 'apt-get install g++ make python3',
  },
  gcc: { programs: ['gcc', 'cc'], packages: ['gcc', 'libc6-dev'], howToGet: 'apt-get install gcc libc6-dev' },
  iproute2: { programs: ['ip', '/sbin/ip'], packages: ['iproute2'], howToGet: 'apt-get install iproute2' },
  systemd: {
    programs: ['systemd-analyze'],
    packages: ['systemd'],
    howToGet: 'apt-get install systemd',
  },
  redis: {
    programs: ['redis-server'],
    packages: ['redis-server'],
    howToGet: 'apt-get install redis-server',
  },
  mosquitto: {
    programs: ['mosquitto', '/usr/sbin/mosquitto'],
    packages: ['mosquitto'],
    howToGet: 'apt-get install mosquitto',
  },
  janus: { programs: ['janus'], packages: ['janus'], howToGet: 'apt-get install janus' },
  coturn: {
    programs: ['turnserver'],
    packages: ['coturn'],
    howToGet: 'apt-get install coturn',
  },
  swift: {
    // All of a storage service, with the interface of S3.
    programs: ['swift-proxy-server'],
    packages: SWIFT_PACKAGES,
    howToGet: `apt-get install ${SWIFT_PACKAGES.join(' ')}`,
  },
  'node-av': {
    programs: [],
    module: 'node-av',
    packages: [],
    howToGet: 'npm ci (an optional dependency; there is no build of it for 32-bit ARM)',
  },
} as const satisfies Record<string, ThirdPartyDescription>;

/** The name of a third party. */
export type ThirdParty = keyof typeof THIRD_PARTIES;

/** Which one is missing and how to get it, in one line. */
export const howToGet = (name: ThirdParty): string => `${name} is missing: ${THIRD_PARTIES[name].howToGet}`;
