import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { ROOT } from '../docs/markdown.ts';
import { freeTcpPorts } from './free-tcp-ports.ts';
import { thirdParty } from './third-parties.ts';
import { untilOpen } from './until-open.ts';

/** The configuration of examples/mqtt as it runs: mosquitto with TLS, users and rights, nginx before its WebSockets. */
export interface MqttExample {
  /** Plain TCP of this machine. */
  readonly tcp: string;
  /** TLS, by a name that the certificate has. */
  readonly tls: string;
  /** By nginx. */
  readonly webSocket: string;
  /** The authority that signed both certificates, PEM. */
  readonly ca: string;
  /** Another one, of the same name, that signed nothing here. */
  readonly otherCa: string;
  /** Kills mosquitto. */
  kill(): Promise<void>;
  /** Starts mosquitto. */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

const EXAMPLES = join(ROOT, 'examples/mqtt');
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SPAN = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };

/** Starts it with these users, on free ports. */
export async function startMqttExample(users: Readonly<Record<string, string>>): Promise<MqttExample> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-mqtt-'));
  // mosquitto gives up root at its start, and reads its files after that.
  await chmod(folder, 0o755);
  const at = (name: string) => join(folder, name);
  const [tcp = 0, tls = 0, webSocket = 0, https = 0] = await freeTcpPorts(4);
  const { ca, cert, key } = await makeCertificates();
  const { ca: otherCa } = await makeCertificates();
  await Promise.all([
    copyFile(join(EXAMPLES, 'acl'), at('acl')),
    writeFile(at('server.pem'), cert),
    writeFile(at('server.key'), key, { mode: 0o644 }),
    writeFile(
      at('mosquitto.conf'),
      replaced(await readFile(join(EXAMPLES, 'mosquitto.conf'), 'utf8'), {
        '/etc/mosquitto/pinhole.passwd': at('passwd'),
        '/etc/mosquitto/pinhole.acl': at('acl'),
        '/etc/mosquitto/certs/': `${folder}/`,
        'listener 1883 127.0.0.1': `listener ${tcp} 127.0.0.1`,
        'listener 8883': `listener ${tls} 127.0.0.1`,
        'listener 9001 127.0.0.1': `listener ${webSocket} 127.0.0.1`,
      }),
    ),
    writeFile(
      at('nginx.conf'),
      nginxMain(
        folder,
        replaced(await readFile(join(EXAMPLES, 'nginx.conf'), 'utf8'), {
          'listen 443': `listen 127.0.0.1:${https}`,
          'server_name cam.example.org': 'server_name localhost',
          '127.0.0.1:9001': `127.0.0.1:${webSocket}`,
          '/etc/ssl/cam.example.org.pem': at('server.pem'),
          '/etc/ssl/cam.example.org.key': at('server.key'),
        }),
      ),
    ),
  ]);
  for (const [index, [name, password]] of Object.entries(users).entries()) {
    execFileSync('mosquitto_passwd', [...(index === 0 ? ['-c'] : []), '-b', at('passwd'), name, password]);
  }
  await chmod(at('passwd'), 0o644);
  let mosquitto: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    mosquitto = spawn(thirdParty('mosquitto') ?? '', ['-c', at('mosquitto.conf')], { stdio: 'ignore' });
    await Promise.all([untilOpen(tcp), untilOpen(tls), untilOpen(webSocket)]);
  };
  await start();
  const nginx = spawn(thirdParty('nginx') ?? '', ['-c', at('nginx.conf'), '-e', 'stderr'], {
    stdio: 'ignore',
  });
  await untilOpen(https);
  return {
    tcp: `mqtt://127.0.0.1:${tcp}`,
    tls: `mqtts://localhost:${tls}`,
    webSocket: `wss://localhost:${https}/mqtt`,
    ca,
    otherCa,
    start,
    kill: () => ended(mosquitto, 'SIGKILL'),
    dispose: async () => {
      await Promise.all([ended(mosquitto, 'SIGKILL'), ended(nginx, 'SIGTERM')]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The text with each replaced; what is not in it fails, so that the example cannot drift away from its test. */
function replaced(text: string, pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs).reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`the example has no ${from} any more`);
    return result.replaceAll(from, to);
  }, text);
}

function nginxMain(folder: string, server: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join(' ');
  const main = `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr; events {}`;
  return `${main}\nhttp { access_log off; ${paths}\n${server}\n}\n`;
}

async function makeCertificates(): Promise<{
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}> {
  const [authority, own] = await Promise.all([newKeys(), newKeys()]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    keys: authority,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    ...SPAN,
  });
  const cert = await x509.X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: own.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
    ...SPAN,
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey));
  return {
    ca: ca.toString('pem'),
    cert: cert.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

const newKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
