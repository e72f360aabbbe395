import { ByteReader, ByteWriter, MalformedError } from '@pinhole/core';
import { SRTP_PROFILE, type SrtpKeys } from '../srtp-keys.ts';
import { ALERT, EXTENSION } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';
import { type Extensions, parseCodes, requireEnd, serializeCodes } from './extensions.ts';
import { GROUP } from './key-exchange.ts';
import { SIGNATURE_SCHEMES } from './signature-schemes.ts';

type SrtpProfile = SrtpKeys['profile'];

/** The ones that we speak, the one we like best first. */
const SRTP_PROFILES: readonly SrtpProfile[] = [SRTP_PROFILE.aeadAes128Gcm, SRTP_PROFILE.aes128CmHmacSha1];

const EMPTY = new Uint8Array(0);
/** Points are written whole (RFC 8422 §5.1.2). */
const UNCOMPRESSED_ONLY = Uint8Array.of(1, 0);
/** Nothing was agreed on before (RFC 5746 §3.4). */
const FIRST_HANDSHAKE = Uint8Array.of(0);

/** What we offer as the client. */
export const offeredExtensions = (): Extensions =>
  new Map([
    [EXTENSION.extendedMasterSecret, EMPTY],
    [EXTENSION.renegotiationInfo, FIRST_HANDSHAKE],
    [EXTENSION.supportedGroups, serializeCodes(Object.values(GROUP))],
    [EXTENSION.ecPointFormats, UNCOMPRESSED_ONLY],
    [EXTENSION.signatureAlgorithms, serializeCodes(SIGNATURE_SCHEMES)],
    [EXTENSION.useSrtp, serializeUseSrtp(SRTP_PROFILES)],
  ]);

/** What we answer as the server, to a client that said these; `renegotiates` where it said so in either way. */
export function answeredExtensions(
  offered: Extensions,
  chosen: { readonly profile: SrtpProfile | undefined; readonly renegotiates: boolean },
): Extensions {
  const answer = new Map<number, Uint8Array>();
  if (offered.has(EXTENSION.extendedMasterSecret)) answer.set(EXTENSION.extendedMasterSecret, EMPTY);
  if (chosen.renegotiates) answer.set(EXTENSION.renegotiationInfo, FIRST_HANDSHAKE);
  if (offered.has(EXTENSION.ecPointFormats)) answer.set(EXTENSION.ecPointFormats, UNCOMPRESSED_ONLY);
  if (chosen.profile !== undefined) answer.set(EXTENSION.useSrtp, serializeUseSrtp([chosen.profile]));
  return answer;
}

/**
 * The SRTP profile of a server's answer; undefined when it has none.
 * @throws {DtlsError} `dtls/srtp-profile`
 * @throws {MalformedError}
 */
export function agreedProfile(answered: Extensions): SrtpProfile | undefined {
  const content = answered.get(EXTENSION.useSrtp);
  if (!content) return undefined;
  const { profiles, mkiBytes } = parseUseSrtp(content);
  const [profile] = profiles;
  const known = SRTP_PROFILES.find((one) => one === profile);
  if (known === undefined || profiles.length !== 1 || mkiBytes > 0) throw noProfile(profiles);
  return known;
}

/**
 * The SRTP profile that we choose of a client's; undefined when it has no use for SRTP.
 * @throws {DtlsError} `dtls/srtp-profile`
 * @throws {MalformedError}
 */
export function chooseProfile(offered: Extensions): SrtpProfile | undefined {
  const content = offered.get(EXTENSION.useSrtp);
  if (!content) return undefined;
  const { profiles } = parseUseSrtp(content);
  const chosen = SRTP_PROFILES.find((profile) => profiles.includes(profile));
  if (chosen === undefined) throw noProfile(profiles);
  return chosen;
}

/**
 * The codes in an extension that is one list of them; none where it is absent.
 * @throws {MalformedError}
 */
export function codesOf(extensions: Extensions, code: number): readonly number[] {
  const content = extensions.get(code);
  if (!content) return [];
  const reader = new ByteReader(content);
  const codes = parseCodes(reader);
  requireEnd(reader, `extension ${code}`);
  return codes;
}

/**
 * A first handshake has nothing to tell of an earlier one.
 * @throws {DtlsError} `dtls/renegotiation`
 * @see RFC 5746 §3.4, §3.6
 */
export function requireFirstHandshake(extensions: Extensions): void {
  const content = extensions.get(EXTENSION.renegotiationInfo);
  if (!content || (content.byteLength === 1 && content[0] === 0)) return;
  throw new DtlsError('dtls/renegotiation', 'renegotiation_info tells of an earlier handshake', {
    alert: ALERT.handshakeFailure,
  });
}

/** @see RFC 5764 §4.1.1. The MKI is empty. */
const serializeUseSrtp = (profiles: readonly SrtpProfile[]): Uint8Array =>
  new ByteWriter().bytes(serializeCodes(profiles)).u8(0).finish();

function parseUseSrtp(content: Uint8Array): {
  readonly profiles: readonly number[];
  readonly mkiBytes: number;
} {
  const reader = new ByteReader(content);
  const profiles = parseCodes(reader);
  const mkiBytes = reader.u8();
  reader.skip(mkiBytes);
  requireEnd(reader, 'use_srtp');
  if (profiles.length === 0) throw new MalformedError('dtls/malformed', 'use_srtp without a profile');
  return { profiles, mkiBytes };
}

const noProfile = (profiles: readonly number[]): DtlsError =>
  new DtlsError(
    'dtls/srtp-profile',
    `SRTP profiles ${profiles.join(', ')}; need 7 (AEAD_AES_128_GCM) or 1 (AES128_CM_HMAC_SHA1_80), and no MKI`,
    { alert: ALERT.handshakeFailure },
  );
