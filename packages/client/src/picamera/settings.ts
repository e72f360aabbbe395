import { messageOf } from '@pinhole/core';
import { requireUid, sfuUrl } from '@pinhole/protocol/picamera';
import { PiCameraError } from './picamera-error.ts';
import type { IPiCameraOptions, IpcMode, VideoCodec } from './picamera-options.ts';

/** A broker and whom to ask there. */
export interface MqttSettings {
  readonly kind: 'mqtt';
  readonly uid: string;
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** An SFU server and a room there. */
export interface SfuSettings {
  readonly kind: 'websocket';
  /** With its query. */
  readonly url: string;
}

/** Options that were looked at, with their defaults. */
export interface PiCameraSettings {
  readonly signaling: MqttSettings | SfuSettings;
  readonly iceServers: readonly RTCIceServer[];
  /** 0 is no limit. */
  readonly timeoutMs: number;
  readonly datachannelOnly: boolean;
  readonly ipcMode?: IpcMode;
  readonly codec?: VideoCodec;
}

const CODECS = ['H264', 'VP8', 'VP9', 'AV1'] as const;

/**
 * Looks at the options.
 * @throws {PiCameraError} `picamera/option`, which names the option, its value and what it may be
 */
export function readOptions(options: IPiCameraOptions): PiCameraSettings {
  const { signaling = 'mqtt', timeout = 10_000, ipcMode, codec, datachannelOnly = false } = options;
  oneOf('signaling', signaling, ['mqtt', 'websocket']);
  if (ipcMode !== undefined) oneOf('ipcMode', ipcMode, ['lossy', 'reliable']);
  if (codec !== undefined) oneOf('codec', codec, CODECS);
  if (!(Number.isFinite(timeout) && timeout >= 0))
    throw bad('timeout', timeout, 'milliseconds, or 0 for no limit');
  return {
    signaling: signaling === 'mqtt' ? mqttSettings(options) : sfuSettings(options),
    iceServers: iceServersOf(options),
    timeoutMs: timeout,
    datachannelOnly,
    ...(ipcMode && { ipcMode }),
    ...(codec && { codec }),
  };
}

function mqttSettings(options: IPiCameraOptions): MqttSettings {
  const { mqttHost: host, mqttPath = '/mqtt', mqttPort = 8884, mqttProtocol = 'wss' } = options;
  const uid = options.deviceUid ?? options.uid;
  if (uid === undefined) throw bad('deviceUid', uid, 'the --uid of the device');
  checkUid(uid);
  if (!host) throw bad('mqttHost', host, 'the host of the MQTT broker');
  const protocol = mqttProtocol.replace(/:(\/\/)?$/, '');
  if (protocol !== 'ws' && protocol !== 'wss')
    throw bad('mqttProtocol', mqttProtocol, 'ws or wss; browsers reach brokers by WebSocket only');
  const port = String(mqttPort).trim();
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536))
    throw bad('mqttPort', mqttPort, 'the WebSocket port of the broker, 1 to 65535');
  const authority = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const path = mqttPath.replace(/^(?!\/|$)/, '/');
  const url = urlOf('mqttHost', `${protocol}://${authority}${port === '' ? '' : `:${port}`}${path}`);
  const { mqttUsername: username, mqttPassword: password } = options;
  return { kind: 'mqtt', uid, url, ...(username && { username }), ...(password && { password }) };
}

function checkUid(uid: string): void {
  try {
    requireUid(uid);
  } catch (cause) {
    throw bad('deviceUid', uid, `the --uid of the device (${messageOf(cause)})`, cause);
  }
}

function sfuSettings(options: IPiCameraOptions): SfuSettings {
  const { websocketUrl = '', apiKey = '', userId = '', roomId = '' } = options;
  if (!/^wss?:\/\//.test(websocketUrl))
    throw bad('websocketUrl', websocketUrl, 'the address of the SFU server, wss://…');
  const url = sfuUrl(websocketUrl.replace(/\/+$/, ''), { apiKey, userId, roomId });
  return { kind: 'websocket', url: urlOf('websocketUrl', url) };
}

function iceServersOf(options: IPiCameraOptions): readonly RTCIceServer[] {
  const { stunUrls, turnUrl, turnUrls = turnUrl, turnUsername, turnPassword } = options;
  const turn = [turnUrls ?? []].flat().filter((url) => url !== '');
  return [
    ...(stunUrls?.length ? [{ urls: [...stunUrls] }] : []),
    ...(turn.length > 0 && turnUsername && turnPassword
      ? [{ urls: turn, username: turnUsername, credential: turnPassword }]
      : []),
  ];
}

function urlOf(option: string, text: string): string {
  try {
    return new URL(text).href;
  } catch (cause) {
    throw bad(option, text, 'something that gives an address', cause);
  }
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw bad(option, value, allowed.join(', '));
}

const bad = (option: string, value: unknown, need: string, cause?: unknown): PiCameraError =>
  new PiCameraError('picamera/option', `${option} is ${JSON.stringify(value) ?? 'missing'}; need ${need}`, {
    cause,
  });
