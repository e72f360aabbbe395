/**
 * Shows the picture in a small window above all others, or takes it back. A canvas goes through a video element of its own.
 * @throws {Error} in words for people, where the browser cannot.
 */
export async function showPictureInPicture(container: HTMLElement): Promise<void> {
  if (document.pictureInPictureElement) return document.exitPictureInPicture();
  if (!document.pictureInPictureEnabled) throw new Error('This browser has no picture in picture.');
  const video = container.querySelector('video') ?? (await videoOf(container.querySelector('canvas')));
  if (!video) throw new Error('There is no picture yet.');
  await video.requestPictureInPicture();
}

async function videoOf(canvas: HTMLCanvasElement | null): Promise<HTMLVideoElement | undefined> {
  if (!canvas) return undefined;
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = canvas.captureStream();
  video.addEventListener('leavepictureinpicture', () => {
    video.srcObject = null;
  });
  await video.play();
  return video;
}
