import type { ServerConfigInput } from '../../config/config-schema.ts';
import { textOf } from './check-flags.ts';
import type { GivenFlags } from './picamera-flag.ts';

/** A part of the configuration, and what is to be said about it. */
export interface Mapped<Part> {
  readonly part: Part;
  readonly notes: readonly string[];
  readonly faults: readonly string[];
}

type Recordings = Pick<ServerConfigInput, 'recordings'>;
type RecordMode = 'off' | 'background' | 'on-demand' | 'both';

/** Where and when is recorded. */
export function mapRecordings(flags: GivenFlags): Mapped<Recordings & { readonly record: RecordMode }> {
  const root = textOf(flags, 'record-path');
  const type = textOf(flags, 'record-type');
  const notes: string[] = [];
  if (root === '') {
    for (const name of ['record-mode', 'record-type', 'file-duration', 'jpeg-quality']) {
      const given = flags.get(name);
      if (given) notes.push(`${given.at} has no effect: nothing is recorded without --record-path`);
    }
    return { part: { record: 'off' }, notes, faults: [] };
  }
  const at = flags.get('record-type')?.at ?? '--record-type';
  if (type === 'snapshot') {
    notes.push(`${at} "snapshot": nothing is recorded; take pictures from /snapshot.jpg`);
  } else if (type === 'video') notes.push(`${at} "video": each video has a picture beside it all the same`);
  return {
    part: {
      record: type === 'snapshot' ? 'off' : (textOf(flags, 'record-mode') as RecordMode),
      recordings: {
        root,
        segmentSeconds: Number(textOf(flags, 'file-duration')),
        stillQuality: Math.max(1, Number(textOf(flags, 'jpeg-quality'))),
      },
    },
    notes,
    faults: [],
  };
}

/** The broker by which viewers come. */
export function mapMqtt(flags: GivenFlags): Mapped<Pick<ServerConfigInput, 'mqtt'>> {
  const names = ['mqtt-host', 'mqtt-port', 'mqtt-username', 'mqtt-password'];
  if (!flags.has('use-mqtt')) {
    const given = names.flatMap((name) => flags.get(name) ?? []);
    const notes = given.map(({ at }) => `${at} has no effect without --use-mqtt`);
    return { part: {}, notes, faults: [] };
  }
  const [host = '', port = '', username = '', password = ''] = names.map((name) => textOf(flags, name));
  const bare = /^\[.*\]$/.test(host) || !host.includes(':') ? host : `[${host}]`;
  return {
    part: {
      mqtt: {
        url: `${port === '8883' ? 'mqtts' : 'mqtt'}://${bare}:${port}`,
        ...(username !== '' && { username, password }),
      },
    },
    notes:
      username === '' && flags.has('mqtt-password')
        ? [`${flags.get('mqtt-password')?.at} has no effect without --mqtt-username, as with pi-webrtc`]
        : [],
    faults: [],
  };
}

/** STUN and TURN for this end. */
export function mapIce(flags: GivenFlags): Mapped<Pick<ServerConfigInput, 'webrtc'>> {
  const stun = flags.get('stun-url')?.text ?? '';
  const turn = textOf(flags, 'turn-url');
  const [username, credential] = [textOf(flags, 'turn-username'), textOf(flags, 'turn-password')];
  const faults: string[] = [];
  const notes: string[] = [];
  if (turn !== '' && (username === '' || credential === '')) {
    faults.push(`${flags.get('turn-url')?.at}: a TURN server needs --turn-username and --turn-password too`);
  }
  for (const name of ['turn-username', 'turn-password']) {
    const given = flags.get(name);
    if (given && turn === '') notes.push(`${given.at} has no effect without --turn-url`);
  }
  const iceServers = [
    ...(stun === '' ? [] : [{ urls: stun }]),
    ...(turn === '' ? [] : [{ urls: turn, username, credential }]),
  ];
  return { part: iceServers.length === 0 ? {} : { webrtc: { iceServers } }, notes, faults };
}
