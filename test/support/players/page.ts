import { WebRTCPlayer } from '@eyevinn/webrtc-player';
import { WHEPClient } from 'whip-whep/whep.js';

/** Where a player gets its pictures. */
export interface WhepAddress {
  readonly url: string;
  readonly token: string;
}

const createVideo = (): HTMLVideoElement => {
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  document.body.append(video);
  return video;
};

/** Players by other people, used as their documents say. Each returns what ends it. */
const players = {
  async eyevinn({ url, token }: WhepAddress): Promise<() => Promise<void>> {
    const player = new WebRTCPlayer({ video: createVideo(), type: 'whep' });
    await player.load(new URL(url), `Bearer ${token}`); // it sends the header's value as it is given
    return async () => {
      await player.unload();
      player.destroy();
    };
  },
  async whipWhep({ url, token }: WhepAddress): Promise<() => Promise<void>> {
    const connection = new RTCPeerConnection();
    const video = createVideo();
    connection.addTransceiver('audio');
    connection.addTransceiver('video');
    connection.ontrack = ({ track, streams }) => {
      if (track.kind === 'video') video.srcObject = streams[0] ?? new MediaStream([track]);
    };
    const client = new WHEPClient();
    await client.view(connection, url, token);
    return () => client.stop();
  },
};

/** Names of the players. */
export type OtherPlayer = keyof typeof players;

let end: (() => Promise<void>) | undefined;

/** What tests call in the page. */
const otherPlayers = {
  async play(name: OtherPlayer, address: WhepAddress): Promise<void> {
    end = await players[name](address);
  },
  async stop(): Promise<void> {
    await end?.();
    end = undefined;
  },
};

/** The page as the test's side sees it. */
export type OtherPlayers = typeof otherPlayers;

Object.assign(window, { otherPlayers });
