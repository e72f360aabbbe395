import { afterEach, describe, expect, it } from 'vitest';
import { RtpViewer } from '../support/rtp-viewer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

describe('the addresses that a WHEP answer names', () => {
  let server: TestServer;
  let viewer: RtpViewer;
  afterEach(async () => {
    viewer.close();
    await server.close();
  });

  async function answerOf(webrtc: Record<string, unknown>): Promise<string> {
    server = await openTestServer({ webrtc });
    viewer = new RtpViewer();
    let answer = '';
    await viewer.connect(async (offer) => {
      const headers = { 'content-type': 'application/sdp' };
      const reply = await server.ask('/whep/door', {
        method: 'POST',
        token: server.adminToken,
        headers,
        body: offer,
      });
      answer = reply.text;
      return answer;
    });
    return answer;
  }

  it('are those of this machine alone, unless told', async () => {
    expect(await answerOf({})).toMatch(/^a=candidate:.* 127\.0\.0\.1 \d+ typ host/m);
  });

  it('include the announced ones, with the ports of the range', async () => {
    const answer = await answerOf({ announcedAddresses: '203.0.113.7', portRange: '40000-40999' });

    expect(answer).toMatch(/^a=candidate:.* 203\.0\.113\.7 40\d\d\d typ /m);
    expect(answer).toMatch(/^a=candidate:.* 127\.0\.0\.1 40\d\d\d typ host/m);
  });
});
