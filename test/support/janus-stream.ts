import { type ChildProcess, spawn } from 'node:child_process';
import { freeUdpPort } from './free-udp-port.ts';
import { type RealJanus, startRealJanus } from './real-janus.ts';
import { thirdParty } from './third-parties.ts';
import { timeCodedClip } from './time-coded-clip.ts';

/** Debian's Janus with one stream of its streaming plugin, fed by FFmpeg with pictures that tell their number. */
export interface JanusStream {
  readonly janus: RealJanus;
  /** Of the stream; another one there is not. */
  readonly id: 1;
  readonly plugin: 'janus.plugin.streaming';
  /** Ends Janus as a crash does. */
  kill(): Promise<void>;
  /** Starts another one in its place. */
  restart(): Promise<void>;
  /** Nothing is sent to the plugin from now on. */
  stopFeed(): void;
  startFeed(): void;
  dispose(): Promise<void>;
}

/** What the stream is started with. */
export interface JanusStreamOptions {
  /** Janus wants it with each request. */
  readonly secret?: string;
  /** Lines for the section `general`. */
  readonly general?: readonly string[];
}

/** Starts Janus and its feed: 320x180, 30 frames a second, key frames every half second, over and over after 10 s. */
export async function startJanusStream(options: JanusStreamOptions = {}): Promise<JanusStream> {
  const clip = await timeCodedClip({ seconds: 10, profile: 'baseline', gop: 15 });
  const videoPort = await freeUdpPort();
  const { secret, general = [] } = options;
  const start = (ports?: RealJanus['ports']): Promise<RealJanus> =>
    startRealJanus({
      plugins: ['libjanus_streaming.so'],
      general: [...general, ...(secret === undefined ? [] : [`api_secret = "${secret}"`])],
      files: {
        'janus.plugin.streaming.jcfg': [
          'camera: {',
          'type = "rtp" id = 1 description = "camera" audio = false video = true',
          `videoport = ${videoPort} videoiface = "127.0.0.1" videopt = 96 videocodec = "h264"`,
          'videofmtp = "profile-level-id=42e01f;packetization-mode=1"',
          '}',
        ].join('\n'),
      },
      ...(ports && { ports }),
    });
  let janus = await start();
  let feed: ChildProcess | undefined;
  const startFeed = (): void => {
    // Encoded anew: FFmpeg's filters that put parameter sets into a copied stream do not survive the second round.
    const x264 = '-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -g 15 -crf 20';
    const parameterSets = '-x264-params repeat-headers=1:scenecut=0';
    const rtp = `-payload_type 96 -f rtp rtp://127.0.0.1:${videoPort}?pkt_size=1200`;
    const args = `-v error -re -stream_loop -1 -i ${clip} ${x264} ${parameterSets} ${rtp}`;
    feed = spawn(thirdParty('ffmpeg') ?? 'ffmpeg', args.split(' '), { stdio: 'ignore' });
  };
  startFeed();
  return {
    get janus() {
      return janus;
    },
    id: 1,
    plugin: 'janus.plugin.streaming',
    kill: () => janus.dispose(),
    restart: async () => {
      janus = await start(janus.ports);
    },
    startFeed,
    stopFeed: () => {
      feed?.kill('SIGKILL');
    },
    dispose: async () => {
      feed?.kill('SIGKILL');
      await janus.dispose();
    },
  };
}
