import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key and a certificate in files. */
export interface OpensslIdentity {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: { readonly algorithm: 'sha-256'; readonly value: string };
}

/** Makes a key and a certificate in `folder`. */
export function opensslIdentity(folder: string, name: string, kind: 'ecdsa' | 'rsa'): OpensslIdentity {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const algorithm =
    kind === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...algorithm, '-nodes', '-keyout', key, '-out', cert, '-subj', `/CN=${name}`],
    { stdio: 'ignore' },
  );
  const der = new X509Certificate(readFileSync(cert)).raw;
  const value = (createHash('sha256').update(der).digest('hex').match(/../g) ?? []).join(':');
  return { cert, key, fingerprint: { algorithm: 'sha-256', value } };
}

/** What all runs are asked for: SRTP, and the keys exported for it. */
const SRTP_OPTIONS = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '56', '-dtls1_2'];

/** `openssl s_client` or `s_server` over UDP: an implementation of DTLS that knows nothing of WebRTC. */
export class OpensslDtls {
  readonly #child: ChildProcessWithoutNullStreams;
  #output = '';

  constructor(options: readonly string[]) {
    const profiles = options.includes('-use_srtp')
      ? []
      : ['-use_srtp', 'SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80'];
    this.#child = spawn('openssl', [...options, ...SRTP_OPTIONS, ...profiles]);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    this.#child.stdin.on('error', () => {});
  }

  /** All it wrote. */
  get output(): string {
    return this.#output;
  }

  /** The exported keys as hexadecimal; undefined until it is connected. */
  get keys(): string | undefined {
    return /Keying material: ([0-9A-F]+)/.exec(this.#output)?.[1]?.toLowerCase();
  }

  /** Sends a line inside DTLS. */
  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
