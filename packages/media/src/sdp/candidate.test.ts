import { describe, expect, it } from 'vitest';
import { parseCandidate, serializeCandidate } from './candidate.ts';

describe('parseCandidate', () => {
  it('reads what Chromium trickles', () => {
    const text =
      'candidate:4019395593 1 udp 2113937151 21988959-b062-415c-8965-68cbddaa9cb6.local 50993 typ host generation 0 ufrag jq4l network-cost 999';

    expect(parseCandidate(text)).toEqual({
      foundation: '4019395593',
      component: 1,
      transport: 'udp',
      priority: 2_113_937_151,
      address: '21988959-b062-415c-8965-68cbddaa9cb6.local',
      port: 50_993,
      type: 'host',
      ufrag: 'jq4l',
    });
  });

  it('reads a relayed one, upper case and with a=', () => {
    const text = 'a=candidate:7 1 UDP 41885439 203.0.113.9 3478 typ relay raddr 192.0.2.7 rport 5004';

    expect(parseCandidate(text)).toMatchObject({
      transport: 'udp',
      type: 'relay',
      related: { address: '192.0.2.7', port: 5004 },
    });
  });

  it('is written as it is read', () => {
    const text = '2 1 tcp 2105458943 192.0.2.7 9 typ host tcptype active';

    expect(serializeCandidate(parseCandidate(text))).toBe(text);
  });

  it.each([
    '',
    'candidate:',
    'candidate:1 1 udp 1 192.0.2.1 1 typ',
    'candidate:1 1 udp 1 192.0.2.1 1 host',
    'candidate:1 1 sctp 1 192.0.2.1 1 typ host',
    'candidate:1 1 udp 1 192.0.2.1 1 typ moon',
    'candidate:1 1 udp 1 192.0.2.1 99999 typ host',
    'candidate:1 1 udp -1 192.0.2.1 1 typ host',
    'candidate:1 1 udp 99999999999 192.0.2.1 1 typ host',
    `candidate:1 1 udp 1 ${'x'.repeat(1000)} 1 typ host`,
  ])('sdp/candidate is what %j gives', (text) => {
    expect(() => parseCandidate(text)).toThrowError(expect.objectContaining({ code: 'sdp/candidate' }));
  });
});
