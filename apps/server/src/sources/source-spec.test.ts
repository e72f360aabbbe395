import { RPICAM_DEFAULTS } from '@pinhole/sources/rpicam';
import { describe, expect, it } from 'vitest';
import { parseSourceSpec, sourceInWords } from './source-spec.ts';

describe('parseSourceSpec', () => {
  it.each([
    ['synthetic', { kind: 'synthetic', width: 1280, height: 720, framesPerSecond: 30, gopFrames: 60 }],
    ['synthetic:640x360', { kind: 'synthetic', width: 640, height: 360, framesPerSecond: 30, gopFrames: 60 }],
    [
      'synthetic:640x360@15?gop=150',
      { kind: 'synthetic', width: 640, height: 360, framesPerSecond: 15, gopFrames: 150 },
    ],
    ['synthetic?gop=1', { kind: 'synthetic', width: 1280, height: 720, framesPerSecond: 30, gopFrames: 1 }],
    ['file:clip.mp4', { kind: 'file', path: 'clip.mp4' }],
    ['file:///srv/clip.mp4', { kind: 'file', path: '/srv/clip.mp4' }],
    ['rtsp://cam/1', { kind: 'rtsp', url: 'rtsp://cam/1', transport: 'tcp' }],
    ['rtsp://u:p%40@cam/1?transport=udp', { kind: 'rtsp', url: 'rtsp://u:p%40@cam/1', transport: 'udp' }],
    [
      'rtsp://cam/1?a=b%20c&transport=udp&d=e',
      { kind: 'rtsp', url: 'rtsp://cam/1?a=b%20c&d=e', transport: 'udp' },
    ],
    [
      'rtsp://cam/1?via=ffmpeg&transport=udp&channel=2',
      { kind: 'rtsp', url: 'rtsp://cam/1?channel=2', transport: 'udp', via: 'ffmpeg' },
    ],
    ['rtsp://cam/1?via=auto', { kind: 'rtsp', url: 'rtsp://cam/1', transport: 'tcp' }],
    [
      'rtsp://cam/1?transport=tcp&channel=2',
      { kind: 'rtsp', url: 'rtsp://cam/1?channel=2', transport: 'tcp' },
    ],
    ['mjpeg:http://cam/', { kind: 'mjpeg', url: 'http://cam/', encoder: {} }],
    ['ustreamer:demo::ustreamer::h264', { kind: 'ustreamer', name: 'demo::ustreamer::h264', encoder: {} }],
    [
      'ustreamer:/kvmd::ustreamer::jpeg?poll=500&bitrate=4M',
      { kind: 'ustreamer', name: 'kvmd::ustreamer::jpeg', pollMicros: 500, encoder: { bitrate: 4_000_000 } },
    ],
    [
      'mjpeg+https://u:p%40@cam:8443/v.cgi?fps=5&bitrate=800k&a=b%20c&gop=15&encoder=libx264',
      {
        kind: 'mjpeg',
        url: 'https://u:p%40@cam:8443/v.cgi?fps=5&a=b%20c',
        encoder: { bitrate: 800_000, gop: 15, encoder: 'libx264' },
      },
    ],
    ['esp32:192.168.1.40', { kind: 'esp32', url: 'http://192.168.1.40/', encoder: {}, values: new Map() }],
    [
      'esp32:u:p%40@cam:8000?firmware=stock&stream=:81/s&size=640x480&brightness=-1&vflip=true&awb=sunny&fps=12',
      {
        kind: 'esp32',
        url: 'http://u:p%40@cam:8000/',
        stream: 'http://u:p%40@cam:81/s',
        firmware: 'stock',
        encoder: { framesPerSecond: 12 },
        values: new Map<string, unknown>([
          ['size', '640x480'],
          ['brightness', -1],
          ['vflip', true],
          ['awb', 'sunny'],
        ]),
      },
    ],
    ['janus+ws://kvm:8188', { kind: 'janus', url: 'ws://kvm:8188/' }],
    [
      'janus+ws://host:8188/?plugin=janus.plugin.streaming&id=1',
      {
        kind: 'janus',
        url: 'ws://host:8188/',
        plugin: 'janus.plugin.streaming',
        watch: { request: 'watch', id: 1 },
      },
    ],
    [
      'janus+https://open%40sesame:tok@host/?id=front&certificate=any',
      {
        kind: 'janus',
        url: 'https://host/janus',
        plugin: 'janus.plugin.streaming',
        watch: { request: 'watch', id: 'front' },
        credentials: { apisecret: 'open@sesame', token: 'tok' },
        certificate: 'any',
      },
    ],
    [
      'janus+wss://:tok@host/janus/ws?watch=%7B%22request%22%3A%22watch%22%2C%22params%22%3A%7B%22audio%22%3Atrue%7D%7D',
      {
        kind: 'janus',
        url: 'wss://host/janus/ws',
        watch: { request: 'watch', params: { audio: true } },
        credentials: { token: 'tok' },
      },
    ],
    [
      'janus+http://host:8088/base/?secret=s%26t',
      { kind: 'janus', url: 'http://host:8088/base/', credentials: { apisecret: 's&t' } },
    ],
    ['room:cctv/yard-cam', { kind: 'room', room: 'cctv', cameraId: 'yard-cam', encoder: {} }],
    [
      'room:caf%C3%A9/a%2Fb%3F?bitrate=800k',
      { kind: 'room', room: 'café', cameraId: 'a/b?', encoder: { bitrate: 800_000 } },
    ],
    ['rpicam', { kind: 'rpicam', camera: '0', settings: RPICAM_DEFAULTS }],
    [
      'rpicam:imx708?size=1920x1080&fps=25&bitrate=4M&iso=200&awbgains=1.5,1.2&hflip=true&by=program&encoder=auto',
      {
        kind: 'rpicam',
        camera: 'imx708',
        settings: {
          ...RPICAM_DEFAULTS,
          size: '1920x1080',
          fps: 25,
          bitrate: 4_000_000,
          gain: 2,
          'red-gain': 1.5,
          'blue-gain': 1.2,
          hflip: true,
        },
        by: 'program',
      },
    ],
  ])('reads %s', (text, spec) => {
    expect(parseSourceSpec(text)).toEqual(spec);
  });

  it.each([
    ['', 'is no source'],
    ['syntetic', 'Did you mean "synthetic"?'],
    ['mjpeg:rtsp://cam/', 'write mjpeg:http://'],
    ['mjpeg:http://', 'write mjpeg:http://'],
    ['mjpeg:http://cam/?bitrate=fast', 'write bits a second'],
    ['esp32:', 'write esp32:192.168.1.40'],
    ['esp32:cam/stream', 'write esp32:192.168.1.40'],
    ['esp32:cam?stream=//elsewhere/s', 'stream "//elsewhere/s" of esp32: write port and path'],
    ['esp32:cam?stream=:81/\\elsewhere/s', 'write port and path'],
    ['esp32:cam?framesize=8', '"framesize" is no setting of esp32.'],
    ['esp32:cam?size=641x480', 'size "641x480" of esp32: use one of 160x120'],
    ['esp32:cam?brightness=9', 'brightness "9" of esp32: use a whole number from -3 to 3'],
    ['esp32:cam?vflip=maybe', 'use true or false'],
    ['esp32:cam?awb=moon', 'use one of auto, sunny'],
    ['esp32:cam?firmware=linux', 'write one of auto, stock'],
    ['esp32:cam?stream=http://other/', 'write port and path'],
    ['synthetic:640', 'write synthetic or'],
    ['synthetic:640x360?gob=3', 'Did you mean "gop"?'],
    ['synthetic:2000x360', 'width 2000 of synthetic: must be from 160 to 1920'],
    ['synthetic:64x64', 'width 64 of synthetic: must be from 160 to 1920'],
    ['synthetic:160x64', 'height 64 of synthetic: must be from 120 to 1080'],
    ['synthetic:640x360@90', 'frames per second 90'],
    ['synthetic?gop=0', 'gop 0 of synthetic'],
    ['file:', 'write file:PATH'],
    ['rtsp://', 'rtsp address'],
    ['rtsp://cam/?transport=upd', 'transport "upd"'],
    ['rtsp://cam/?via=ffmpg', 'via "ffmpg"'],
    ['janus:host', 'janus+ws://host:8188/?plugin='],
    ['janus+ws://', 'write janus+ws://host:8188'],
    ['janus+ws://host?id=1&watch=%7B%7D', 'write one of them'],
    ['janus+ws://host?id=', 'id of janus is empty'],
    ['janus+ws://host?watch=%5B1%5D', 'watch of janus is no JSON object'],
    ['janus+ws://host?watch=%7B', 'watch of janus is no JSON object'],
    ['janus+ws://host?plugin=a%20b', 'plugin "a b" of janus'],
    ['janus+ws://host?certificate=none', 'write one of checked, any'],
    ['janus+ws://sesame@host?pluggin=x', 'Did you mean "plugin"?'],
    ['room:cctv', 'write room:ROOM/CAMERA'],
    ['room:cctv/a/b', 'write room:ROOM/CAMERA'],
    ['room:cctv/%zz', 'write room:ROOM/CAMERA'],
    ['room:cctv/a?bitrat=1M', 'Did you mean "bitrate"?'],
    ['rpicam:0?sise=640x480', 'Did you mean "size"?'],
    ['rpicam:0?size=641x480', 'rpicam: size 641x480: write WIDTHxHEIGHT with even numbers'],
    ['rpicam:0?fps=0', 'rpicam: fps 0: write a number from 1 to 240'],
    ['rpicam:0?bitrate=4Mb', 'rpicam: bitrate 4Mb: write a whole number from 100000 to 62500000'],
    ['rpicam:0?bitrate=4M&quality=20', 'bitrate and quality exclude each other'],
    ['rpicam:0?iso=400&gain=2', 'iso and gain say the same'],
    ['rpicam:0?inline=false', 'parameter sets come with every key frame always'],
    ['rpicam:0?encoder=fast', 'encoder "fast" of rpicam: write one of auto, hardware, software'],
    ['rpicam:0?command=/usr/bin/rpicam-vid&by=picamera2', 'exclude each other'],
  ])('refuses %j: %s', (text, words) => {
    expect(() => parseSourceSpec(text)).toThrow(
      expect.objectContaining({ code: 'config/source', message: expect.stringContaining(words) }),
    );
  });
});

it('names a source without its credentials', () => {
  const words = sourceInWords(parseSourceSpec('janus+ws://sesame:tok@kvm:8188/?id=1'));

  expect(words).toBe('Janus at kvm:8188, janus.plugin.streaming');
});
