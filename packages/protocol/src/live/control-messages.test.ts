import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { parseAnyClientMessage } from './client-messages.ts';
import {
  type ControlClientMessage,
  type ControlServerMessage,
  parseControlServerMessage,
  serializeControlMessage,
  type WireControl,
} from './control-messages.ts';

const CONTROLS: WireControl[] = [
  {
    id: 'shutter',
    label: 'Exposure time',
    group: 'Exposure',
    help: 'How long light falls on the sensor.',
    applies: 'live',
    inactive: 'exposure is automatic',
    kind: 'range',
    min: 10,
    max: 1e6,
    step: 0,
    default: 10_000,
    unit: 'µs',
    scale: 'logarithmic',
    value: 20_000,
  },
  { id: 'hflip', label: 'Mirror', applies: 'restart', kind: 'switch', default: false, value: true },
  {
    id: 'size',
    label: 'Picture size',
    applies: 'restart',
    risky: true,
    kind: 'menu',
    options: [{ value: '640x360', label: '640 × 360' }],
    default: '640x360',
    value: '1280x720',
  },
  { id: 'focus-now', label: 'Focus now', applies: 'live', kind: 'button' },
];
const UNKEPT = { controls: [{ id: 'size', previous: '640x360' }], by: 'a1b2c3', revertInMs: 9_500 };

it.each<ControlClientMessage>([
  { type: 'watch-controls' },
  { type: 'set-control', requestId: 1, id: 'brightness', value: -3.5 },
  { type: 'set-control', requestId: 2, id: 'hflip', value: true, keep: true },
  { type: 'set-control', requestId: 3, id: 'size', value: '640x360' },
  { type: 'reset-controls', requestId: 4 },
  { type: 'reset-controls', requestId: 5, id: 'brightness' },
  { type: 'keep-controls', requestId: 6 },
  { type: 'revert-controls', requestId: 7 },
])('$type of a viewer comes back as it went', (message) => {
  expect(parseAnyClientMessage(serializeControlMessage(message))).toEqual(message);
});

it.each<ControlServerMessage>([
  { type: 'controls', mayControl: true, controls: CONTROLS, unkept: UNKEPT },
  { type: 'controls', mayControl: false, controls: [] },
  { type: 'control', id: 'brightness', value: 5, by: 'a1b2c3' },
  { type: 'controls-unkept', unkept: UNKEPT },
  { type: 'controls-unkept' },
  { type: 'control-result', requestId: 1, value: 5 },
  { type: 'control-result', requestId: 1, error: { code: 'control/unknown', message: 'no such control' } },
])('$type of the server comes back as it went', (message) => {
  expect(parseControlServerMessage(serializeControlMessage(message))).toEqual(message);
});

describe('what is wrong is refused, by field', () => {
  it.each([
    ['live/message', /value/, { requestId: 1, id: 'brightness' }],
    ['live/message', /value/, { requestId: 1, id: 'brightness', value: null }],
    ['live/message', /value/, { requestId: 1, id: 'brightness', value: [1] }],
    ['live/message', /value/, { requestId: 1, id: 'brightness', value: 'x'.repeat(1001) }],
    ['live/message', /id/, { requestId: 1, id: 'x'.repeat(65), value: 1 }],
    ['live/message', /requestId/, { id: 'brightness', value: 1 }],
    ['live/message', /requestId/, { requestId: -1, id: 'brightness', value: 1 }],
    ['live/message', /keep/, { requestId: 1, id: 'brightness', value: 1, keep: false }],
  ])('%s names %s', (code, field, rest) => {
    expect(() => parseAnyClientMessage(JSON.stringify({ type: 'set-control', ...rest }))).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(field) as string }),
    );
  });

  it('in a list of more controls than any camera has', () => {
    const controls = Array.from({ length: 257 }, (_, i) => ({ ...CONTROLS[3], id: `button-${i}` }));

    expect(() =>
      parseControlServerMessage(JSON.stringify({ type: 'controls', mayControl: true, controls })),
    ).toThrowError(expect.objectContaining({ code: 'live/message' }));
  });
});

it('any text at all either parses or throws MalformedError', () => {
  const field = fc.constantFrom(
    'type',
    'requestId',
    'id',
    'value',
    'keep',
    'controls',
    'unkept',
    'mayControl',
  );
  const types = ['set-control', 'reset-controls', 'watch-controls', 'controls', 'control', 'control-result'];
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.constantFrom(...types), rest: fc.dictionary(field, fc.jsonValue()) })
      .map(({ type, rest }) => JSON.stringify({ ...rest, type })),
  );
  fc.assert(
    fc.property(text, (input) => {
      for (const parse of [parseAnyClientMessage, parseControlServerMessage])
        expect(codeOf(() => parse(input))).toBeTruthy();
    }),
    { numRuns: 10_000 },
  );
});
