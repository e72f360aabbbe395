import { expect, it } from 'vitest';
import { originKind } from './origin-check.ts';

it.each([
  [undefined, 'cam:8080', [], 'none'],
  ['http://cam:8080', 'cam:8080', [], 'same'],
  ['https://cam', 'cam', [], 'same'],
  ['http://cam:8081', 'cam:8080', [], 'foreign'],
  ['null', 'cam:8080', [], 'foreign'],
  ['https://home.example', 'cam:8080', ['https://home.example'], 'allowed'],
  ['https://home.example.evil', 'cam:8080', ['https://home.example'], 'foreign'],
  ['https://any.example', 'cam:8080', ['*'], 'allowed'],
])('origin %s at host %s with %j is %s', (origin, host, origins, kind) => {
  expect(originKind(origin, host, { origins })).toBe(kind);
});
