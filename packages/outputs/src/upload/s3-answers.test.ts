import { describe, expect, it } from 'vitest';
import { elementOf, elementsOf, errorOfAnswer, isPassing } from './s3-answers.ts';

const errorXml = (code: string, message = 'Words.'): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

describe('an answer of a storage service', () => {
  it.each([
    [403, errorXml('SignatureDoesNotMatch'), 'upload/denied', false],
    [403, errorXml('RequestTimeTooSkewed'), 'upload/clock', false],
    [403, '', 'upload/denied', false],
    [404, errorXml('NoSuchBucket'), 'upload/no-bucket', false],
    [404, errorXml('NoSuchUpload'), 'upload/no-such-upload', false],
    [400, errorXml('EntityTooLarge'), 'upload/refused', false],
    [503, errorXml('SlowDown'), 'upload/busy', true],
    [500, '<html>', 'upload/busy', true],
    [429, '', 'upload/busy', true],
  ])('%i %s is %s', (status, body, code, passes) => {
    const error = errorOfAnswer({ status, body }, { bucket: 'films' });

    expect([error.code, isPassing(error)]).toEqual([code, passes]);
    expect(error.message).toContain(String(status));
  });

  it('is read with its entities, and cut short where it is long', () => {
    const { message } = errorOfAnswer(
      { status: 400, body: errorXml('Odd', `a &lt;b&gt; &amp;amp; ${'x'.repeat(5000)}`) },
      { bucket: 'b' },
    );

    expect(message).toContain('Odd: a <b> &amp; xxx');
    expect(message.length).toBeLessThan(400);
  });

  it('has lists', () => {
    const xml = '<R><Part><N>1</N></Part>\n<Part><N>2</N></Part></R>';

    expect(elementsOf(xml, 'Part').map((part) => elementOf(part, 'N'))).toEqual(['1', '2']);
    expect(elementOf(xml, 'M')).toBeUndefined();
  });
});
