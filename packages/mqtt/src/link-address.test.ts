import { expect, it } from 'vitest';
import { parseLinkAddress } from './link-address.ts';

it.each([
  ['mqtt://broker', { url: 'mqtt://broker:1883' }],
  ['mqtts://broker', { url: 'mqtts://broker:8883' }],
  ['ws://broker/mqtt', { url: 'ws://broker:80/mqtt' }],
  ['wss://broker/mqtt?a=b', { url: 'wss://broker:443/mqtt?a=b' }],
  ['mqtt://broker:80', { url: 'mqtt://broker:80' }],
  ['mqtt://me:secret@broker:80', { url: 'mqtt://broker:80', username: 'me', password: 'secret' }],
  ['mqtt://[fd00::1]:1884', { url: 'mqtt://[fd00::1]:1884' }],
  ['mqtt://me:a%2Fb@broker', { url: 'mqtt://broker:1883', username: 'me', password: 'a/b' }],
])('%s is understood', (text, address) => {
  expect(parseLinkAddress(text)).toEqual(address);
});

it.each(['', 'broker', 'http://broker', 'mqtt:broker', 'mqtt://', 'mqtt://a b', 'tcp://broker'])(
  '%j is refused without a word of what it holds',
  (text) => {
    expect(() => parseLinkAddress(text)).toThrow(expect.objectContaining({ code: 'mqtt/bad-url' }));
  },
);
