import type { ControlValue } from '@pinhole/engine';
import { CONTROL_IDS, createEsp32Source, FIRMWARES, type Firmware, startValue } from '@pinhole/sources/esp32';
import type { TranscoderTuning } from '@pinhole/sources/mjpeg';
import { ENCODER_SETTINGS, encoderSettings } from './encoder-settings.ts';
import { type SourceKind, settingsOf, sourceFault, wordSetting } from './source-kind.ts';

/** An ESP32 with a camera. */
export interface Esp32Spec {
  readonly kind: 'esp32';
  /** Of its page. With its credentials: never to be logged or sent out. */
  readonly url: string;
  /** Of its stream, when not where its firmware has it. */
  readonly stream?: string;
  readonly firmware?: Firmware;
  readonly encoder: TranscoderTuning;
  /** Values of controls that hold from the start. */
  readonly values: ReadonlyMap<string, ControlValue>;
}

const kind = 'esp32';

/** `esp32:[user:password@]host[:port][?firmware=…&stream=:81/stream&size=640x480&…]` */
export const esp32: SourceKind<Esp32Spec> = {
  kind,
  schemes: [kind],
  example: 'esp32:192.168.1.40',
  parse: (text) => {
    const match = /^esp32:(?:\/\/)?(?<authority>(?:[^/?#\s]*@)?[^@/?#\s]+)\/?(?:\?(?<query>[^#\s]*))?$/i.exec(
      text,
    );
    const { authority = '', query = '' } = match?.groups ?? {};
    const url = `http://${authority}/`;
    if (match === null || !URL.canParse(url)) {
      throw sourceFault(
        'the esp32 address cannot be read; write esp32:192.168.1.40, or esp32:user:password@host:80 with special characters percent-encoded',
      );
    }
    const settings = settingsOf(kind, query, ['firmware', 'stream', ...ENCODER_SETTINGS, ...CONTROL_IDS]);
    const stream = settings.get('stream');
    const firmware = wordSetting('firmware', settings.get('firmware'), {
      kind,
      words: ['auto', ...FIRMWARES],
    });
    return {
      kind,
      url,
      encoder: encoderSettings(kind, settings),
      values: new Map(
        [...settings].flatMap(([id, value]) =>
          CONTROL_IDS.includes(id) ? [[id, startValueOf(id, value)]] : [],
        ),
      ),
      ...(stream !== undefined && { stream: streamUrl(url, stream) }),
      ...(firmware !== undefined && firmware !== 'auto' && { firmware }),
    };
  },
  open: (spec, { log }) => createEsp32Source({ ...spec, log }),
  inWords: ({ url }) => `ESP32 at ${new URL(url).host}`,
};

/** `:81/stream` or `/stream`, on the same host. */
function streamUrl(page: string, text: string): string {
  const [, port, path] = /^(?::(\d{1,5}))?(\/(?![/\\])\S*)$/.exec(text) ?? [];
  if (path === undefined || Number(port ?? 80) > 0xffff)
    throw sourceFault(`stream "${text}" of esp32: write port and path, e.g. stream=:81/stream`);
  const url = new URL(page);
  if (port !== undefined) url.port = port;
  return new URL(path, url).href;
}

function startValueOf(id: string, text: string): ControlValue {
  const value = startValue(id, text);
  if ('use' in value) throw sourceFault(`${id} "${text}" of esp32: ${value.use}`);
  return value.value;
}
