import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseStockStatus } from './stock-dialect.ts';
import { parseTasmotaAnswer } from './tasmota-dialect.ts';

const reading = (status: object) => parseStockStatus(JSON.stringify({ framesize: 5, ...status }));
const formOf = (status: object, id: string) =>
  reading(status)?.controls.find((control) => control.id === id)?.form;

it('has the controls that the status names, and vflip, which it leaves out', () => {
  const ids = reading({ brightness: 0, wb_mode: 1, face_detect: 0 })?.controls.map(({ id }) => id);

  expect(ids).toEqual(['brightness', 'vflip', 'awb']);
});

it('has a lamp only where the status does not say -1', () => {
  expect(formOf({ led_intensity: -1 }, 'led')).toBeUndefined();
  expect(formOf({ led_intensity: 0 }, 'led')).toMatchObject({ min: 0, max: 255 });
});

it('takes the ranges of the sensor whose registers the status lists', () => {
  expect(formOf({ saturation: 0, '0xd3': 8 }, 'saturation')).toMatchObject({ min: -2, max: 2 });
  expect(formOf({ saturation: 0, '0x3400': 8 }, 'saturation')).toMatchObject({ min: -4, max: 4 });
});

it.each(['', 'null', '[]', '7', '"x"', '{}', '<html>', '{"framesize":"5"}', '{"framesize":1.5}'])(
  'is nothing for %j',
  (text) => {
    expect(parseStockStatus(text)).toBeUndefined();
  },
);

it('takes any text, and any JSON', () => {
  const seen = new Set<boolean>();
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(fc.constant('framesize'), fc.nat()).map((each) => JSON.stringify(each)),
  );
  fc.assert(
    fc.property(text, (each) => {
      parseTasmotaAnswer(each, 'WcFlip');
      seen.add(parseStockStatus(each) === undefined);
    }),
    { seed: 3 },
  );

  expect(seen).toEqual(new Set([true, false]));
});

it.each([
  ['{"WcFlip":1}', 1],
  ['{"WcFlip":"ON"}', 1],
  ['{ "wcflip" : "off" }', 0],
  ['{"WcFlip":-2}', -2],
  ['{"Command":"Unknown"}', undefined],
  ['{"WcFlipper":1}', undefined],
])('of what Tasmota answers, %j is %s', (text, number) => {
  expect(parseTasmotaAnswer(text, 'WcFlip')).toBe(number);
});
