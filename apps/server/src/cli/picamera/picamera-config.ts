import { MalformedError } from '@pinhole/core';
import { requireUid } from '@pinhole/protocol/picamera';
import type { ServerConfigInput } from '../../config/config-schema.ts';
import { CAMERA_ID } from '../../config/fields.ts';
import { UsageError } from '../usage-error.ts';
import { faultsOf, textOf } from './check-flags.ts';
import { findFlag } from './flag-table.ts';
import { mapCamera } from './map-camera.ts';
import { mapIce, mapMqtt, mapRecordings } from './map-services.ts';
import type { GivenFlags } from './picamera-flag.ts';

/** Our configuration for flags of pi-webrtc. */
export interface PicameraConfiguration {
  readonly config: ServerConfigInput;
  /** The id of its one camera. */
  readonly camera: string;
  /** What has no effect, and why; what is otherwise than with pi-webrtc. One sentence each. */
  readonly notes: readonly string[];
}

/**
 * Our configuration that does what flags of pi-webrtc say.
 * @throws {UsageError} `cli/usage` with all values that are wrong, one line each: place, value, fix
 */
export function picameraConfig(flags: GivenFlags): PicameraConfiguration {
  const wrong = faultsOf(flags);
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  const camera = mapCamera(flags);
  const [recorded, mqtt, ice] = [mapRecordings(flags), mapMqtt(flags), mapIce(flags)];
  const faults = [camera, recorded, mqtt, ice].flatMap((part) => part.faults);
  faults.push(...faultsOfUid(flags));
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  const uid = textOf(flags, 'uid');
  const id = CAMERA_ID.test(uid) ? uid : 'camera';
  const { record, ...recordings } = recorded.part;
  const sound = flags.has('no-audio') ? 'off' : 'on';
  const config: ServerConfigInput = {
    cameras: {
      [id]: {
        source: camera.source,
        ...(Object.keys(camera.settings).length > 0 && { settings: camera.settings }),
        ...(sound === 'on' && { audio: 'opus' }),
        ...(record !== 'off' && { record }),
        ...(uid !== '' && { picamera: device(flags, uid, record === 'off' ? 'off' : 'on') }),
      },
    },
    ...(flags.has('use-whep') && { listen: '0.0.0.0' }),
    ...(flags.has('http-port') && { port: Number(textOf(flags, 'http-port')) }),
    ...recordings,
    ...mqtt.part,
    ...ice.part,
  };
  const parts = [camera, recorded, mqtt, ice].flatMap((part) => part.notes);
  return { config, camera: id, notes: [...parts, ...uselessFlags(flags), ...differences(flags)] };
}

function device(flags: GivenFlags, uid: string, recordings: 'off' | 'on') {
  const sound = flags.has('no-audio') ? ('off' as const) : ('on' as const);
  const channel = textOf(flags, 'ipc-channel') as 'both' | 'lossy' | 'reliable';
  const root = textOf(flags, 'record-path');
  return {
    uid,
    // Whom the broker lets in may do everything, as with pi-webrtc.
    rights: [
      'view' as const,
      'control' as const,
      ...(recordings === 'on' ? (['record', 'download'] as const) : []),
    ],
    audio: sound,
    ...(sound === 'on' && { speaker: 'default' }),
    // Those of pi-webrtc that are there already.
    ...(root !== '' && { recordings: root }),
    ...(flags.has('enable-ipc') && {
      ipc: { enabled: true, channel, socket: textOf(flags, 'socket-path') },
    }),
  };
}

function faultsOfUid(flags: GivenFlags): readonly string[] {
  const uid = textOf(flags, 'uid');
  const at = flags.get('uid')?.at ?? '--uid';
  if (uid === '') {
    return flags.has('use-mqtt')
      ? [`${at} is missing: the name by which pages find this device, e.g. --uid=garden`]
      : [];
  }
  try {
    requireUid(uid);
    return [];
  } catch (thrown) {
    if (thrown instanceof MalformedError) return [`${at}: ${thrown.message}`];
    throw thrown;
  }
}

/** What was given and does nothing by itself. */
function uselessFlags(flags: GivenFlags): readonly string[] {
  return [...flags].flatMap(([name, { at }]) => {
    const flag = findFlag(name);
    return flag && flag.key === undefined ? [`${at} has no effect: ${lowerFirst(flag.effect)}`] : [];
  });
}

/** What somebody who knows pi-webrtc would not expect. */
function differences(flags: GivenFlags): readonly string[] {
  const uid = textOf(flags, 'uid');
  return [
    ...(uid === ''
      ? ['no --uid: pages with picamera.js cannot find the camera; Pinhole’s own page shows it']
      : []),
    ...(uid !== '' && !flags.has('use-mqtt')
      ? ['no --use-mqtt: viewers come by Pinhole’s own broker, at /mqtt, with a token as the password']
      : []),
    ...['ipc-channel', 'socket-path'].flatMap((name) => {
      const given = flags.get(name);
      return given && !flags.has('enable-ipc') ? [`${given.at} has no effect without --enable-ipc`] : [];
    }),
    ...(flags.has('use-whep')
      ? [
          `WHEP is at /whep/${CAMERA_ID.test(uid) ? uid : 'camera'} and wants a token: pinhole token create makes one`,
        ]
      : []),
  ];
}

/** A sentence behind a colon: its first word is small, unless it is a name. */
const lowerFirst = (sentence: string): string => {
  const text = sentence.replace(/\.$/, '').replaceAll('`', '');
  return /^(?:Pinhole|Opus|Gamepads)/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
};
