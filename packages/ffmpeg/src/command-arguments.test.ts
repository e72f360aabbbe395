import { describe, expect, it } from 'vitest';
import { demuxCommand } from './command-arguments.ts';

describe('the ffmpeg command', () => {
  it.each(['rtsp://admin:s3cret@cam/1', 'http://cam/stream?token=s3cret'])(
    'hides what is secret in %s',
    (url) => {
      const command = demuxCommand({ url, transport: 'udp' }, 'copy');

      expect(command.arguments.join(' ')).not.toContain('s3cret');
      expect(command.input).toContain(`file '${url}'`);
    },
  );

  it('asks for the transport', () => {
    expect(demuxCommand({ url: 'rtsp://cam/1', transport: 'udp' }, 'copy').arguments.join(' ')).toContain(
      '-rtsp_transport udp',
    );
    expect(demuxCommand({ url: 'rtsp://a:b@cam/1' }, 'copy').input).toContain('option rtsp_transport tcp\n');
  });

  it('cannot be made to read a flag out of a file name', () => {
    expect(demuxCommand({ url: 'file:///-y' }, 'copy').arguments).toContain('file:/-y');
  });

  it.each(['concat:/etc/passwd', 'rtsp://cam/a b', "rtsp://cam/'\nfile x", 'pipe:0', '/etc/passwd'])(
    'refuses %j',
    (url) => {
      expect(() => demuxCommand({ url }, 'copy')).toThrowError(
        expect.objectContaining({ code: 'ffmpeg/unsupported-url' }),
      );
    },
  );
});
