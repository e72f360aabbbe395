import type { Page } from 'playwright-core';

/** What a page of the field can be told to do; runs in the page. */
interface FieldPage {
  readonly room: string;
  readonly cameraId: string;
}

/** What such a page takes of what it hears; it believes that what it needs is there. */
interface FieldMessage {
  readonly type: string;
  readonly clientId: string;
  readonly cameraId: string;
  readonly viewerId: string;
  readonly sender: string;
  readonly sdp: RTCSessionDescriptionInit;
  readonly candidate: RTCIceCandidateInit;
}

/**
 * Makes a page watch a camera as pages of the field do: a plain WebSocket, the messages that there always were, and an
 * answer to the camera's offer. The picture is in `#video`.
 */
export const watchAsFieldsPagesDo = (page: Page, place: FieldPage): Promise<void> =>
  page.evaluate(async ({ room, cameraId }) => {
    document.body.innerHTML = '<div id="video"><video autoplay muted playsinline></video></div>';
    const video = document.querySelector('video');
    const socket = new WebSocket(location.origin.replace('http', 'ws'));
    const cameras = new Map<string, string>();
    let connection: RTCPeerConnection | undefined;
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: 'join', room });
    await new Promise<void>((resolve, reject) => {
      const take = async (message: FieldMessage): Promise<void> => {
        if (message.type === 'cameraAvailable') {
          cameras.set(message.clientId, message.cameraId);
          if (message.cameraId === cameraId && connection === undefined)
            say({ type: 'requestStream', cameraId, requestId: Date.now().toString() });
        } else if (message.type === 'offer' && cameras.get(message.sender) === cameraId) {
          const target = message.sender;
          connection = new RTCPeerConnection({ iceServers: [] });
          connection.ontrack = ({ streams }) => {
            if (video) video.srcObject = streams[0] ?? null;
            resolve();
          };
          connection.onicecandidate = ({ candidate }) => {
            if (candidate) say({ type: 'iceCandidate', target, candidate });
          };
          await connection.setRemoteDescription(message.sdp);
          await connection.setLocalDescription(
            await connection.createAnswer({ offerToReceiveVideo: true, offerToReceiveAudio: false }),
          );
          say({ type: 'answer', target, sdp: connection.localDescription });
        } else if (message.type === 'iceCandidate') await connection?.addIceCandidate(message.candidate);
        else if (message.type === 'cameraNotFound' || message.type === 'error')
          reject(new Error(JSON.stringify(message)));
      };
      socket.onmessage = ({ data }) => void take(JSON.parse(String(data)) as FieldMessage).catch(reject);
    });
    Object.assign(window, {
      stopWatching: () => {
        connection?.close();
        socket.close();
      },
    });
  }, place);

/** Makes a page publish this machine's webcam to a room, one connection a viewer, as pages of the field do. */
export const filmAsFieldsPagesDo = (page: Page, place: FieldPage): Promise<void> =>
  page.evaluate(async ({ room, cameraId }) => {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width: 640, height: 360 },
      audio: false,
    });
    const socket = new WebSocket(location.origin.replace('http', 'ws'));
    const connections = new Map<string, RTCPeerConnection>();
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: 'join', room, deviceType: 'camera', cameraId });
    await new Promise<void>((resolve, reject) => {
      const take = async (message: FieldMessage): Promise<void> => {
        if (message.type === 'joined') resolve();
        else if (message.type === 'viewerRequest') {
          const target: string = message.viewerId;
          const connection = new RTCPeerConnection({ iceServers: [] });
          connections.set(target, connection);
          for (const track of stream.getTracks()) connection.addTrack(track, stream);
          connection.onicecandidate = ({ candidate }) => {
            if (candidate) say({ type: 'iceCandidate', target, candidate });
          };
          await connection.setLocalDescription(await connection.createOffer());
          say({ type: 'offer', target, sdp: connection.localDescription });
        } else if (message.type === 'answer')
          await connections.get(message.sender)?.setRemoteDescription(message.sdp);
        else if (message.type === 'iceCandidate')
          await connections.get(message.sender)?.addIceCandidate(message.candidate);
      };
      socket.onmessage = ({ data }) => void take(JSON.parse(String(data)) as FieldMessage).catch(reject);
    });
  }, place);
