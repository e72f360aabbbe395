import { didYouMean } from '../../config/suggest.ts';
import { flagOf, PICAMERA_FLAGS } from './flag-table.ts';
import type { FlagValue, GivenFlags } from './picamera-flag.ts';

/** What is wrong with values, one line each: place, value, fix. */
export function faultsOf(flags: GivenFlags): readonly string[] {
  return [...flags].flatMap(([name, { text, at }]) => {
    const flag = PICAMERA_FLAGS.find((candidate) => candidate.name === name);
    const fault = flag && faultOf(flag.value, text);
    const shown = SECRET.test(name) ? '' : ` "${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
    return fault === undefined ? [] : [`${at}${shown}: ${fault}`];
  });
}

const SECRET = /password|secret|key$/;

/** The value of a flag, or what pi-webrtc takes without. */
export const textOf = (flags: GivenFlags, name: string): string =>
  flags.get(name)?.text ?? flagOf(name).default;

function faultOf(value: FlagValue, text: string): string | undefined {
  switch (value.kind) {
    case 'switch':
    case 'text':
      return undefined;
    case 'form':
      return value.pattern.test(text) ? undefined : `write e.g. ${value.example}`;
    case 'word':
      if (value.words.includes(text)) return undefined;
      return `write one of ${value.words.join(', ')}.${didYouMean(text, value.words)}`;
    case 'number': {
      const { min, max, step } = value;
      const number = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (number >= min && number <= max && (step === undefined || Number.isInteger(number)))
        return undefined;
      return `write a ${step === undefined ? '' : 'whole '}number from ${min} to ${max}`;
    }
  }
}
