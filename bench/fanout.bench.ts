import { connectFigures } from './support/connect-figures.ts';
import type { Bench } from './support/figure.ts';
import { pacingFigures } from './support/pacing-figures.ts';
import { peerFigures } from './support/peer-figures.ts';
import { sendingFigures } from './support/sending-figures.ts';

/** What it costs to send, and to connect. */
export const bench: Bench = {
  title: 'The send path',
  about:
    'A 4 Mbit/s 1080p30 camera in one process, those who watch in another. CPU is that of all threads of the process that sends, by the whole and beyond what it takes with nobody there. Delay: from the moment a picture is taken to the arrival of its last packet at each viewer, by the clock of the kernel. Sockets: the send path alone, with keys and sockets as in a session, to sockets that count. Viewers: whole sessions of libdatachannel, without HTTP beside them; on the way to all but two of them a relay counts RTP and keeps it, so that hundreds fit beside the server, and passes on all else. `node-datachannel` sends packets that were made once for all, Janus is the streaming plugin of Debian, whose RTP time says nothing of when a picture was taken. A size is not held where a twentieth of the pictures or packets is missing at somebody. Connecting: the camera of Pinhole rests meanwhile, that of the others plays. Key frames: how long their packets take to come, and how many find the queue before a narrow link full, by how many leave at once. The link is one of `tc tbf` on the way out of a router, between the network of the sender and that of the viewer, who counts; it needs root, and is left out without.',
  needs: ['linux', 'ffmpeg', 'g++'],
  longestSeconds: 600,
  run: async (context) => [
    ...(await sendingFigures(context)),
    ...(await peerFigures(context)),
    ...(await connectFigures(context)),
    ...(await pacingFigures(context)),
  ],
};
