import type { DeviceControl } from './control-table.ts';
import type { AskDevice, PanelDialect } from './device-panel.ts';
import { FrameSizes, TASMOTA_SIZES } from './frame-sizes.ts';
import { maxPixelsOf, stockControls } from './stock-controls.ts';

/** Tasmota's commands for what the stock firmware calls so. */
const COMMANDS: Readonly<Record<string, string>> = {
  brightness: 'WcBrightness',
  contrast: 'WcContrast',
  saturation: 'WcSaturation',
  special_effect: 'WcSpecialEffect',
  hmirror: 'WcMirror',
  vflip: 'WcFlip',
  raw_gma: 'WcGammaCorrect',
  lenc: 'WcLensCorrect',
  wpc: 'WcWPC',
  bpc: 'WcBPC',
  awb: 'WcAWB',
  awb_gain: 'WcAWBGain',
  wb_mode: 'WcWBMode',
  aec: 'WcAEC',
  aec2: 'WcAECDSP',
  ae_level: 'WcAELevel',
  aec_value: 'WcAECValue',
  agc: 'WcAGC',
  agc_gain: 'WcAGCGain',
  gainceiling: 'WcGainCeiling',
  dcw: 'WcDCW',
  colorbar: 'WcColorbar',
};

/** The number that an answer to a command holds: `{"WcBrightness":1}`, or a word for a switch. */
export function parseTasmotaAnswer(text: string, command: string): number | undefined {
  const [, value] = new RegExp(`"${command}"\\s*:\\s*"?(-?\\d{1,6}|ON|OFF)\\b`, 'i').exec(text) ?? [];
  if (value === undefined) return undefined;
  return /^o/i.test(value) ? Number(/^on$/i.test(value)) : Number(value);
}

/** Asks for a command's number, or sets it. @returns what holds then; undefined for a command it does not have. */
export async function tasmotaCommand(
  ask: AskDevice,
  command: string,
  number?: number,
): Promise<number | undefined> {
  const words = number === undefined ? command : `${command} ${number}`;
  const { status, text } = await ask(`/cm?cmnd=${encodeURIComponent(words)}`);
  return status === 200 ? parseTasmotaAnswer(text, command) : undefined;
}

/** Tasmota: commands over HTTP. Which of them one device has, asking tells. */
export const tasmotaDialect: PanelDialect = {
  sizeName: 'WcResolution',
  openSizes: () => new FrameSizes(TASMOTA_SIZES),
  read: async (ask) => {
    const controls: DeviceControl[] = [];
    const numbers = new Map<string, number>();
    const size = await tasmotaCommand(ask, 'WcResolution');
    for (const control of stockControls('ov2640')) {
      const name = COMMANDS[control.name];
      const number = name === undefined ? undefined : await tasmotaCommand(ask, name);
      if (name === undefined || number === undefined) continue;
      controls.push({ ...control, name });
      numbers.set(name, number);
    }
    return { controls, numbers, size, maxPixels: maxPixelsOf('ov2640') };
  },
  send: async (ask, name, number) => {
    const holds = await tasmotaCommand(ask, name, number);
    if (holds === number) return undefined;
    return holds === undefined ? 'it does not know this command' : `it keeps ${holds}`;
  },
};
