/** A program that watches from the network that it runs in: tells its offer, is told the answer, tells when pictures came. */
import { setTimeout as wait } from 'node:timers/promises';
import { RtpViewer } from './rtp-viewer.ts';

const PICTURES = 60;

process.once('disconnect', () => process.exit());
const viewer = new RtpViewer();
await viewer.connect(async (offer) => {
  const answered = new Promise<string>((resolve) => process.once('message', resolve as never));
  process.send?.(offer);
  return await answered;
});
while (viewer.packets.filter(({ marker }) => marker).length < PICTURES) await wait(50);
process.send?.('watched');
