import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { controlBase, resolveControl } from './control-url.ts';
import { RtspHeaders } from './headers.ts';
import { parseSessionHeader } from './session-header.ts';
import { parseTransport, serializeTransport } from './transport.ts';

describe('Transport', () => {
  it.each([
    [
      'RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257', // RFC 2326 §10.4
      {
        profile: 'AVP',
        lower: 'UDP',
        multicast: false,
        clientPorts: [4588, 4589],
        serverPorts: [6256, 6257],
      },
    ],
    [
      'RTP/AVP/TCP;unicast;interleaved=8-9;ssrc=2A27A3FB',
      { profile: 'AVP', lower: 'TCP', multicast: false, interleaved: [8, 9], ssrc: 0x2a27a3fb },
    ],
    ['RTP/AVP/TCP', { profile: 'AVP', lower: 'TCP', multicast: false }],
    [
      'rtp/avp/udp; unicast; source=192.0.2.1; server_port=9000',
      { profile: 'AVP', lower: 'UDP', multicast: false, source: '192.0.2.1', serverPorts: [9000, 9001] },
    ],
    ['RTP/SAVP;multicast', { profile: 'SAVP', lower: 'UDP', multicast: true }],
    [
      'RTP/AVP/TCP;unicast;interleaved=300-301;ssrc=xyz;mode="PLAY"',
      { profile: 'AVP', lower: 'TCP', multicast: false },
    ],
    [
      'RTP/AVP;unicast;server_port=1-2,RTP/AVP/TCP;interleaved=0-1',
      { profile: 'AVP', lower: 'UDP', multicast: false, serverPorts: [1, 2] },
    ],
  ])('%s', (header, transport) => {
    expect(parseTransport(header)).toEqual(transport);
  });

  it('is refused when it is no RTP', () => {
    expect(codeOf(() => parseTransport('MP2T/H2221/UDP;unicast'))).toBe('rtsp/transport');
  });

  it('is written for a connection and for ports', () => {
    expect(serializeTransport({ interleaved: [0, 1] })).toBe('RTP/AVP/TCP;unicast;interleaved=0-1');
    expect(serializeTransport({ clientPorts: [4588, 4589] })).toBe('RTP/AVP;unicast;client_port=4588-4589');
  });
});

describe('Session', () => {
  it.each([
    ['47112344', { id: '47112344', timeoutSeconds: 60 }],
    ['123;timeout=60', { id: '123', timeoutSeconds: 60 }],
    ['ab$c-1; Timeout = 15', { id: 'ab$c-1', timeoutSeconds: 15 }],
    ['1;timeout="30";x', { id: '1', timeoutSeconds: 30 }],
    ['1;timeout=0', { id: '1', timeoutSeconds: 60 }],
    ['1;timeout=soon', { id: '1', timeoutSeconds: 60 }],
  ])('%s', (header, session) => {
    expect(parseSessionHeader(header)).toEqual(session);
  });

  it('is refused without an id', () => {
    expect(codeOf(() => parseSessionHeader(';timeout=60'))).toBe('rtsp/session');
  });
});

describe('a control address', () => {
  it.each([
    ['rtsp://cam/live', undefined, 'rtsp://cam/live'],
    ['rtsp://cam/live/', '*', 'rtsp://cam/live/'],
    ['rtsp://cam/live/', 'trackID=1', 'rtsp://cam/live/trackID=1'],
    ['rtsp://cam/live', 'trackID=1', 'rtsp://cam/live/trackID=1'],
    ['rtsp://cam/live/', '/track1', 'rtsp://cam/live/track1'],
    ['rtsp://cam/s?channel=1&subtype=0', 'trackID=0', 'rtsp://cam/s?channel=1&subtype=0/trackID=0'],
    ['rtsp://cam/live/', 'rtsp://192.0.2.9:554/live/track1', 'rtsp://192.0.2.9:554/live/track1'],
  ])('%s with %s is %s', (base, control, url) => {
    expect(resolveControl(base, control)).toBe(url);
  });

  it.each([
    [[['content-base', 'rtsp://cam/base/']], 'rtsp://cam/base/'],
    [[['Content-Location', 'rtsp://cam/location']], 'rtsp://cam/location'],
    [
      [
        ['Content-Location', 'rtsp://cam/location'],
        ['Content-Base', 'rtsp://cam/base'],
      ],
      'rtsp://cam/base',
    ],
    [[['Content-Base', '/base']], 'rtsp://cam/asked'],
    [[], 'rtsp://cam/asked'],
  ] as const)('is relative, after %j, to %s', (headers, base) => {
    expect(controlBase(new RtspHeaders(headers), 'rtsp://cam/asked')).toBe(base);
  });
});
