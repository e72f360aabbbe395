import type { Bench } from './support/figure.ts';
import { peerFigures } from './support/peer-figures.ts';
import { sendingFigures } from './support/sending-figures.ts';

/** What it costs to send, and to connect. */
export const bench: Bench = {
  title: 'The send path',
  about:
    'A 4 Mbit/s 1080p30 camera in one process, those who watch in another. Sockets: the send path alone, with keys and sockets as in a session, to sockets that count. Delay: from the moment a picture is taken to the arrival of its last packet at each of them, by the clock of the kernel. Viewers: whole sessions with libdatachannel, without HTTP or a camera beside them; `node-datachannel` sends packets that were made once for all, Janus is the streaming plugin of Debian. CPU is that of all threads of the process that sends. Connecting: the camera of Pinhole rests meanwhile, that of the others plays.',
  needs: ['linux', 'ffmpeg', 'g++'],
  run: async (context) => [...(await sendingFigures(context)), ...(await peerFigures(context))],
};
