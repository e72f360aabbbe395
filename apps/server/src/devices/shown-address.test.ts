import { expect, it } from 'vitest';
import { shownAddress } from './shown-address.ts';

it.each([
  ['rtsp://user:pa:ss@192.168.1.20/stream1', 'rtsp://192.168.1.20/stream1'],
  ['esp32:admin:secret@192.168.1.40?fps=15', 'esp32:192.168.1.40?fps=15'],
  ['esp32://admin:secret@192.168.1.40', 'esp32://192.168.1.40'],
  ['mjpeg:http://admin:p%40ss@cam:81/a@b', 'mjpeg:http://cam:81/a@b'],
  ['mjpeg+http://admin:p@ss@cam/stream', 'mjpeg+http://cam/stream'],
  ['mjpeg:http://cam/video.cgi?user=me&pwd=secret&r=1', 'mjpeg:http://cam/video.cgi?user=me&pwd=…&r=1'],
  ['rpicam:0?size=640x480', 'rpicam:0?size=640x480'],
  ['v4l2:/dev/v4l/by-id/usb-Cam_1@2', 'v4l2:/dev/v4l/by-id/usb-Cam_1@2'],
])('%s is shown as %s', (address, shown) => {
  expect(shownAddress(address)).toBe(shown);
});
