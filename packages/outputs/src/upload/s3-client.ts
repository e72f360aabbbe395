import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { messageOf } from '@pinhole/core';
import { AwsV4Signer } from 'aws4fetch';
import type { Pace } from './pace.ts';
import { elementOf, elementsOf, errorOfAnswer, escapeXml, UploadError } from './s3-answers.ts';
import { addressOf, type S3Target } from './s3-target.ts';

/** A part that the service has. */
export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

/** What a client is made with. */
export interface S3ClientOptions {
  readonly target: S3Target;
  readonly pace: Pace;
  /** A service that says nothing for so long is taken to be gone. */
  readonly idleMs?: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** Called as bytes of the body go. */
  readonly sent?: (bytes: number) => void;
}

const IDLE_MS = 60_000;
const SLICE_BYTES = 32 * 1024;
const LONGEST_ANSWER_BYTES = 4 * 2 ** 20;
const MOST_PAGES = 100;

/**
 * The few calls of S3 that an upload needs. Requests are signed by aws4fetch (92 KB and nothing else on the disk, where the SDK of
 * Amazon brings 25 MB); they are sent by Node's own client, because only there the speed of a body can be set and its progress be
 * seen. Each body is signed with its SHA-256, so that the service refuses what was garbled on its way.
 *
 * Every call throws {UploadError} `upload/*`, and what `signal` aborts with.
 * @see Amazon S3 API Reference
 */
export class S3Client {
  readonly #options: S3ClientOptions;
  readonly #secure: boolean;
  readonly #agent: HttpAgent;
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(options: S3ClientOptions) {
    this.#options = options;
    this.#secure = new URL(options.target.endpoint).protocol === 'https:';
    const settings = { keepAlive: true, maxSockets: 8 };
    this.#agent = this.#secure ? new HttpsAgent(settings) : new HttpAgent(settings);
  }

  /** Puts a small object. */
  async put(
    key: string,
    {
      body,
      contentType,
      signal,
      sent,
    }: Pick<Call, 'signal' | 'sent'> & { body: Uint8Array; contentType: string },
  ): Promise<void> {
    const headers = this.#objectHeaders(contentType);
    await this.#call({ method: 'PUT', key, headers, body, signal, ...(sent && { sent }) });
  }

  /** Begins an object of parts. @returns the id of this upload */
  async begin(
    key: string,
    { contentType, signal }: { contentType: string; signal: AbortSignal },
  ): Promise<string> {
    const headers = this.#objectHeaders(contentType);
    const { body } = await this.#call({ method: 'POST', key, query: { uploads: '' }, headers, signal });
    const id = elementOf(body, 'UploadId');
    if (id === undefined || id === '')
      throw new UploadError('upload/refused', 'the storage service began no upload');
    return id;
  }

  /** Sends a part. @returns what the service knows it by */
  async putPart(
    key: string,
    {
      id,
      number,
      body,
      signal,
      sent,
    }: Pick<Call, 'signal' | 'sent'> & { id: string; number: number; body: Uint8Array },
  ): Promise<UploadedPart> {
    const query = { partNumber: String(number), uploadId: id };
    const { headers } = await this.#call({ method: 'PUT', key, query, body, signal, ...(sent && { sent }) });
    const { etag } = headers;
    if (etag === undefined)
      throw new UploadError('upload/refused', 'the storage service gave no ETag for a part');
    return { number, etag, sizeBytes: body.byteLength };
  }

  /** The parts that the service has of an upload. */
  async listParts(
    key: string,
    { id, signal }: { id: string; signal: AbortSignal },
  ): Promise<readonly UploadedPart[]> {
    const parts: UploadedPart[] = [];
    let marker = '0';
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { uploadId: id, 'part-number-marker': marker };
      const { body } = await this.#call({ method: 'GET', key, query, signal });
      for (const part of elementsOf(body, 'Part')) {
        const [number, etag, size] = ['PartNumber', 'ETag', 'Size'].map((name) => elementOf(part, name));
        if (number && etag && size) parts.push({ number: Number(number), etag, sizeBytes: Number(size) });
      }
      const next = elementOf(body, 'NextPartNumberMarker');
      if (elementOf(body, 'IsTruncated') !== 'true' || next === undefined || next === marker) break;
      marker = next;
    }
    return parts;
  }

  /** Puts the parts together. */
  async complete(
    key: string,
    { id, parts, signal }: { id: string; parts: readonly UploadedPart[]; signal: AbortSignal },
  ): Promise<void> {
    const list = parts
      .map(
        ({ number, etag }) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
      )
      .join('');
    const body = new TextEncoder().encode(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
    const answer = await this.#call({ method: 'POST', key, query: { uploadId: id }, body, signal });
    // A service that needs long says 200 first, and what became of it later.
    if (elementOf(answer.body, 'Code') !== undefined) {
      throw errorOfAnswer({ status: 500, body: answer.body }, this.#options.target);
    }
  }

  /** Lets go of the parts of an upload. */
  async abort(key: string, { id, signal }: { id: string; signal: AbortSignal }): Promise<void> {
    await this.#call({ method: 'DELETE', key, query: { uploadId: id }, signal });
  }

  /** How large an object is; nothing when there is none. */
  async sizeOf(key: string, { signal }: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const answer = await this.#send({ method: 'HEAD', key, signal });
    if (answer.status === 404) return undefined;
    this.#check(answer);
    const { 'content-length': length } = answer.headers;
    return length === undefined ? undefined : Number(length);
  }

  /** Closes connections that wait for use. */
  close(): void {
    this.#agent.destroy();
  }

  #objectHeaders(contentType: string): Record<string, string> {
    const { storageClass } = this.#options.target;
    return {
      'Content-Type': contentType,
      ...(storageClass !== undefined && { 'X-Amz-Storage-Class': storageClass }),
    };
  }

  async #call(call: Call): Promise<Answer> {
    const answer = await this.#send(call);
    this.#check(answer);
    return answer;
  }

  #check(answer: Answer): void {
    if (answer.status >= 300) throw errorOfAnswer(answer, this.#options.target);
  }

  async #send(call: Call): Promise<Answer> {
    const { method, key, query = {}, body = new Uint8Array(), signal } = call;
    const { target } = this.#options;
    const url = addressOf(target, key);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...call.headers, 'X-Amz-Content-Sha256': createHash('sha256').update(body).digest('hex') },
      accessKeyId: target.accessKeyId,
      secretAccessKey: target.secretAccessKey,
      ...(target.sessionToken !== undefined && { sessionToken: target.sessionToken }),
      service: 's3',
      region: target.region ?? 'us-east-1',
      cache: this.#signingKeys,
    }).sign();
    const headers = { ...Object.fromEntries(signed.headers), 'content-length': String(body.byteLength) };
    try {
      return await this.#exchange(signed.url, { ...call, body, headers });
    } catch (thrown) {
      if (signal.aborted || thrown instanceof UploadError) throw thrown;
      throw new UploadError('upload/unreachable', `${url.host} cannot be reached: ${messageOf(thrown)}`, {
        cause: thrown,
      });
    }
  }

  #exchange(
    url: URL,
    call: Call & { readonly body: Uint8Array; readonly headers: Record<string, string> },
  ): Promise<Answer> {
    const { method, headers, signal, sent } = call;
    const { idleMs = IDLE_MS } = this.#options;
    return new Promise<Answer>((resolve, reject) => {
      const open = this.#secure ? httpsRequest : httpRequest;
      const agent = method === 'HEAD' ? false : this.#agent;
      const request = open(url, { method, headers, agent, signal }, (response) => {
        const { statusCode: status = 0, headers: told } = response;
        if (method === 'HEAD') {
          // Some services (OpenStack Swift) end such an answer with a chunk that nobody may send: the connection is of no more use.
          resolve({ status, headers: told, body: '' });
          request.destroy();
          return;
        }
        readBody(response).then((body) => resolve({ status, headers: told, body }), reject);
      });
      // More than one may come: an answer without a wish for the rest of the body ends the connection.
      request.on('error', reject);
      request.setTimeout(idleMs, () => {
        request.destroy(new UploadError('upload/timeout', `${url.host} said nothing for ${idleMs / 1000} s`));
      });
      this.#write(request, { body: call.body, signal, ...(sent && { sent }) }).catch((thrown: unknown) => {
        request.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
      });
    });
  }

  async #write(
    request: NodeJS.WritableStream & { readonly destroyed: boolean },
    { body, signal, sent }: Pick<Call, 'signal' | 'sent'> & { readonly body: Uint8Array },
  ): Promise<void> {
    for (let at = 0; at < body.byteLength; at += SLICE_BYTES) {
      const slice = body.subarray(at, at + SLICE_BYTES);
      await this.#options.pace.take(slice.byteLength, signal);
      // The service has answered already, and not well.
      if (request.destroyed) return;
      if (!request.write(slice) && !request.destroyed) await drained(request);
      sent?.(slice.byteLength);
    }
    request.end();
  }
}

function drained(request: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off('drain', done).off('close', done);
      resolve();
    };
    request.on('drain', done).on('close', done);
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > LONGEST_ANSWER_BYTES)
      throw new UploadError('upload/refused', 'the storage service gave no end of an answer');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
