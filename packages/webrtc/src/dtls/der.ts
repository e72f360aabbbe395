/** Tags of ASN.1 that a certificate has (X.690 §8). */
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
};

/** One element: tag, length and content (X.690 §8.1). */
function element(tag: number, content: Uint8Array): Uint8Array {
  const length = content.byteLength;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(head), content]);
}

/** SEQUENCE. */
export const sequence = (...members: readonly Uint8Array[]): Uint8Array =>
  element(TAG.sequence, Buffer.concat(members));

/** SET. */
export const set = (...members: readonly Uint8Array[]): Uint8Array =>
  element(TAG.set, Buffer.concat(members));

/** INTEGER of bytes whose first bit is not set, or it would be below zero. */
export const integer = (bytes: Uint8Array): Uint8Array => element(TAG.integer, bytes);

/** OBJECT IDENTIFIER, its content as hexadecimal. */
export const objectId = (content: string): Uint8Array => element(TAG.oid, Buffer.from(content, 'hex'));

/** UTF8String. */
export const utf8String = (text: string): Uint8Array => element(TAG.utf8String, Buffer.from(text));

/** UTCTime, e.g. `700101000000Z`. */
export const utcTime = (time: string): Uint8Array => element(TAG.utcTime, Buffer.from(time, 'ascii'));

/** BIT STRING of whole bytes. */
export const bitString = (bytes: Uint8Array): Uint8Array =>
  element(TAG.bitString, Buffer.concat([Uint8Array.of(0), bytes]));

/** An element with a tag of its context, which tells an optional one from others. */
export const tagged = (number: number, content: Uint8Array): Uint8Array => element(0xa0 | number, content);
