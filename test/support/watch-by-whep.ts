import { expect, vi } from 'vitest';
import type { Pinhole } from './pinhole.ts';
import { RtpViewer } from './rtp-viewer.ts';
import { pictures } from './webrtc-session.ts';

/** A viewer of the program's camera by WHEP, whose picture moves. The caller closes it. */
export async function watchByWhep({ url, token }: Pinhole, camera: string): Promise<RtpViewer> {
  const viewer = new RtpViewer();
  await viewer.connect(async (offer) => {
    const answer = await fetch(`${url}/whep/${camera}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/sdp',
        authorization: `Bearer ${token}`,
        connection: 'close',
      },
      body: offer,
    });
    return await answer.text();
  });
  await vi.waitFor(() => expect(pictures(viewer)).toBeGreaterThan(2), { timeout: 30_000 });
  return viewer;
}
