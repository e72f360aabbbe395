import type { Page } from 'playwright-core';

/** Receives so many bytes by a plain WebSocket. @returns how long it took from its opening on, in ms */
export const downloadByWebSocket = (page: Page, url: string, bytes: number): Promise<number> =>
  page.evaluate(
    ([address, total]) =>
      new Promise<number>((resolve, reject) => {
        const socket = new WebSocket(address);
        socket.binaryType = 'arraybuffer';
        let [since, received] = [0, 0];
        socket.onopen = () => {
          since = performance.now();
        };
        socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
          received += data.byteLength;
          if (received >= total) resolve(performance.now() - since);
        };
        socket.onerror = () => reject(new Error('no socket'));
      }),
    [url, bytes] as const,
  );

/** Receives so many bytes by a data channel, from whoever answers. @returns how long it took from its opening on, in ms */
export async function downloadByChannel(
  page: Page,
  answer: (offer: string) => Promise<string>,
  bytes: number,
): Promise<number> {
  const offer = await page.evaluate(async (total) => {
    const connection = new RTCPeerConnection();
    const channel = connection.createDataChannel('file');
    channel.binaryType = 'arraybuffer';
    let [since, received] = [0, 0];
    channel.onopen = () => {
      since = performance.now();
    };
    const done = new Promise<number>((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        received += data.byteLength;
        if (received >= total) resolve(performance.now() - since);
      };
    });
    Object.assign(window, { plain: { connection, done } });
    await connection.setLocalDescription();
    await new Promise<void>((complete) => {
      if (connection.iceGatheringState === 'complete') complete();
      connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && complete();
    });
    return connection.localDescription?.sdp ?? '';
  }, bytes);
  const sdp = await answer(offer);
  return await page.evaluate(async (text) => {
    const { connection, done } = (
      window as never as { plain: { connection: RTCPeerConnection; done: Promise<number> } }
    ).plain;
    await connection.setRemoteDescription({ type: 'answer', sdp: text });
    const elapsedMs = await done;
    connection.close();
    return elapsedMs;
  }, sdp);
}
