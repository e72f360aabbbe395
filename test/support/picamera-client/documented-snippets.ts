import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { readPage } from '../../docs/markdown.ts';
import type { PicameraClients } from './picamera-page.ts';

const PAGE = 'docs/picamera-client.md';

/** The one block of a page of the documentation that has a word in it. */
export function snippet(word: string, page = PAGE): string {
  const { blocks } = readPage(page);
  const found = blocks.filter(({ language, text }) => language === 'javascript' && text.includes(word));
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
}

/** Where the snippets find a camera. */
export interface SnippetPlace {
  readonly port: number;
  readonly token: string;
}

/** Runs what the documentation shows with a camera of this program. */
export class DocumentedSnippets {
  readonly #clients: PicameraClients;
  readonly #place: SnippetPlace;

  constructor(clients: PicameraClients, place: SnippetPlace) {
    this.#clients = clients;
    this.#place = place;
  }

  /** Runs the one with a word in it, with the addresses and names of this place for those that are made up. */
  async run(word: string, page = PAGE): Promise<void> {
    const { port, token } = this.#place;
    const code = snippet(word, page)
      .replace(`'pinhole.local'`, `'localhost'`)
      .replace('mqttPort: 8080', `mqttPort: ${port}`)
      .replace(`'TOKEN'`, `'${token}'`)
      .replace(/deviceUid: '[^']+'/, `deviceUid: 'garden', mqttProtocol: 'ws'`)
      .replace(`'your.mqtt.cloud'`, `'localhost'`)
      .replace(`'8884'`, `'${port}'`)
      .replace(`'Wonderful'`, `'${token}'`)
      .replace(/stunUrls: \[[^\]]+\]/, 'stunUrls: null');
    await this.#clients.runSnippet(code);
  }

  /** The values of the first event of a name, once it came. */
  async told(name: string): Promise<readonly unknown[]> {
    let values: readonly unknown[] | undefined;
    await this.until(async () => {
      values = (await this.#clients.run('snippet')).told.find((event) => event.name === name)?.values;
      return values !== undefined;
    });
    return values ?? [];
  }

  /** Waits until the snippet terminated its camera. */
  closed(): Promise<void> {
    return this.until(async () =>
      (await this.#clients.run('snippet')).status.every((status) => status === 'closed'),
    );
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    await this.#clients.until(condition, async () => {
      const { told, status } = await this.#clients.run('snippet');
      return { told, status };
    });
  }

  /** Frames that the snippet's video shows, so many. */
  async frames(count: number): Promise<readonly number[]> {
    const seen: number[] = [];
    await this.until(async () => {
      const { frames } = await this.#clients.run('snippet');
      seen.push(...frames.map(({ frameNumber }) => frameNumber));
      return seen.length >= count;
    });
    return seen;
  }

  /** SHA-256 of a file on the device, and of what the page has of the same length. */
  async sums(path: string): Promise<readonly [onDevice: string, inPage: string | undefined]> {
    const file = await readFile(path);
    const onDevice = createHash('sha256').update(file).digest('hex');
    return [onDevice, await this.#clients.run('sum', file.byteLength)];
  }

  end(): Promise<void> {
    return this.#clients.run('endSnippet');
  }
}
