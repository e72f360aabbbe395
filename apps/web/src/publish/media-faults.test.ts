import { expect, it } from 'vitest';
import { faultOf, faultOfPlace } from './media-faults.ts';

it.each([
  ['NotAllowedError', 'Permission denied', /may not use/, /allow it/],
  ['NotAllowedError', 'Permission denied by system', /operating system/, /privacy settings/],
  ['NotFoundError', 'Requested device not found', /There is no camera/, /Plug one in/],
  ['NotReadableError', 'Could not start video source', /another program/, /Close other programs/],
  ['OverconstrainedError', '', /is gone/, /another one/],
  ['SecurityError', '', /switched off/, /by itself/],
  ['AbortError', 'Timeout starting video source', /Timeout starting/, /Try again/],
])('says what %s (%s) means, and what to do', (name, message, reason, action) => {
  const fault = faultOf(new DOMException(message, name), 'camera');

  expect(fault.reason).toMatch(reason);
  expect(fault.action).toMatch(action);
});

it('explains why a page that came by http has no camera', () => {
  const place = { isSecureContext: false, hasMediaDevices: false, host: '192.168.1.5:8080' };

  const fault = faultOfPlace(place);

  expect(fault?.reason).toContain('192.168.1.5:8080');
  expect(fault?.action).toContain('--tls auto');
  expect(faultOfPlace({ ...place, isSecureContext: true })?.action).toContain('browser');
  expect(faultOfPlace({ ...place, isSecureContext: true, hasMediaDevices: true })).toBeUndefined();
});
