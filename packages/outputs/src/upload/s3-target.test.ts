import { describe, expect, it } from 'vitest';
import { addressOf, checkS3Target, type S3Target } from './s3-target.ts';

const target: S3Target = {
  endpoint: 'https://s3.example.org',
  bucket: 'films',
  accessKeyId: 'id',
  secretAccessKey: 'the-secret',
};

describe('where recordings are copied to', () => {
  it('is named by path, or by the name of the bucket before that of the service', () => {
    const key = 'garden/door/20261121/10/20261121_100000.mp4';

    expect(addressOf(target, key).href).toBe(`https://s3.example.org/films/${key}`);
    expect(addressOf({ ...target, addressing: 'virtual-host' }, key).href).toBe(
      `https://films.s3.example.org/${key}`,
    );
    expect(addressOf({ ...target, endpoint: 'http://[::1]:9000' }, 'a b/ü?.mp4').href).toBe(
      'http://[::1]:9000/films/a%20b/%C3%BC%3F.mp4',
    );
  });

  it('may be as it is', () => {
    const more = { prefix: 'a/b_c.d/', region: 'eu-central-1' };
    expect(checkS3Target({ ...target, ...more })).toEqual({ ...target, ...more });
  });

  it.each([
    [{ endpoint: 's3.example.org' }, 'endpoint is no address'],
    [{ endpoint: 'ftp://s3.example.org' }, 'endpoint is no address'],
    [{ endpoint: 'https://id:the-secret@s3.example.org' }, 'endpoint has a password'],
    [{ endpoint: 'https://s3.example.org/films' }, 'endpoint has a path'],
    [{ bucket: 'Films' }, 'bucket "Films"'],
    [{ bucket: '../x' }, 'bucket "../x"'],
    [{ prefix: '/garden/' }, 'prefix "/garden/"'],
    [{ prefix: 'gar den/' }, 'prefix "gar den/"'],
    [{ region: 'eu central' }, 'region "eu central"'],
    [{ secretAccessKey: '' }, 'secretAccessKey is empty'],
  ])('is refused in words, without its secret: %o', (wrong, words) => {
    let message = '';
    try {
      checkS3Target({ ...target, ...wrong });
    } catch (thrown) {
      message = String(thrown);
    }
    expect(message).toContain(words);
    expect(message).not.toContain('the-secret');
  });
});
