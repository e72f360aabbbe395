import { randomBytes, sign } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CipherContext, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from 'werift';
import { type HandshakeMessage, ServerProof } from './server-proof.ts';

const SHA256 = 4;
const SHA1 = 2;
const ECDSA = 3;

interface Identity {
  readonly keyPem: string;
  readonly der: Buffer;
}

describe('the proof of a server', () => {
  let server: Identity;
  let stranger: Identity;
  let proof: ServerProof;
  const clientRandom = randomBytes(32);
  const serverRandom = randomBytes(32);

  beforeAll(async () => {
    [server, stranger] = await Promise.all([identity(), identity()]);
  });
  beforeEach(() => {
    proof = new ServerProof(() => clientRandom);
  });

  const hello = (random = serverRandom): HandshakeMessage => ({
    msg_type: 2,
    fragment: Buffer.concat([Uint8Array.of(0xfe, 0xfd), random, Uint8Array.of(0, 0xc0, 0x2b, 0)]),
  });
  const certificate = ({ der }: Identity): HandshakeMessage => ({
    msg_type: 11,
    fragment: Buffer.concat([length24(der.byteLength + 3), length24(der.byteLength), der]),
  });
  const exchange = (
    { keyPem }: Identity,
    { hash = SHA256, randoms = Buffer.concat([clientRandom, serverRandom]), key = randomBytes(65) } = {},
  ): HandshakeMessage => {
    // Named curve secp256r1, its public key, then the signature of all that with both random numbers (RFC 8422 §5.4).
    const params = Buffer.concat([Uint8Array.of(3, 0, 23, key.byteLength), key]);
    const signature = sign('sha256', Buffer.concat([randoms, params]), keyPem);
    const head = Uint8Array.of(hash, ECDSA, signature.byteLength >> 8, signature.byteLength & 0xff);
    return { msg_type: 12, fragment: Buffer.concat([params, head, signature]) };
  };
  const done: HandshakeMessage = { msg_type: 14, fragment: Buffer.alloc(0) };

  it('is given by a key that the certificate signs', () => {
    const flight = [hello(), certificate(server), exchange(server), done];

    expect(proof.admit(flight)).toEqual(flight);
    expect(proof.done).toBe(true);
  });

  it('is given again by the same messages', () => {
    const flight = [hello(), certificate(server), exchange(server), done];
    proof.admit(flight);

    expect(proof.admit(flight)).toEqual(flight);
  });

  it('waits for what came late', () => {
    const [first, second, third] = [hello(), certificate(server), exchange(server)];

    expect(proof.admit([third])).toEqual([]);
    expect(proof.admit([first])).toEqual([first]);
    expect(proof.admit([second])).toEqual([second, third]);
    expect(proof.done).toBe(true);
  });

  it.each<[string, (own: Identity, other: Identity) => HandshakeMessage]>([
    ['by another key', (_own, other) => exchange(other)],
    ['for another connection', (own) => exchange(own, { randoms: randomBytes(64) })],
    ['with a hash that was not offered', (own) => exchange(own, { hash: SHA1 })],
    ['and cut short', (own) => ({ msg_type: 12, fragment: exchange(own).fragment.subarray(0, 80) })],
    ['and empty', () => ({ msg_type: 12, fragment: Buffer.alloc(0) })],
  ])('is not given by a key exchange signed %s', (_name, made) => {
    expect(proof.admit([hello(), certificate(server), made(server, stranger)])).toHaveLength(2);
    expect(proof.done).toBe(false);
  });

  it('is not given by a key exchange that was changed', () => {
    const changed = exchange(server);
    changed.fragment[10] = (changed.fragment[10] ?? 0) ^ 1;

    proof.admit([hello(), certificate(server), changed]);

    expect(proof.done).toBe(false);
  });

  it('lets nobody put another certificate, number or key in the place of the first', () => {
    proof.admit([hello(), certificate(server), exchange(server)]);

    expect(
      proof.admit([hello(randomBytes(32)), certificate(stranger), exchange(server), exchange(stranger)]),
    ).toEqual([]);
  });

  it('is not given by a certificate that is none', () => {
    const nonsense = { msg_type: 11, fragment: randomBytes(300) };

    proof.admit([hello(), nonsense, exchange(server)]);

    expect(proof.done).toBe(false);
  });
});

async function identity(): Promise<Identity> {
  const { certPem, keyPem } = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  return { keyPem, der: Buffer.from(certPem.replace(/-----[^-]+-----|\s/g, ''), 'base64') };
}

function length24(length: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(length, 0, 3);
  return bytes;
}
