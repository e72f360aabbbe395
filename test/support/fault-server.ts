import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CENSUS_ENV, Census, type Holdings, holdingsLine } from './census.ts';
import { type Pinhole, startPinhole } from './pinhole.ts';
import { SteadyViewer } from './steady-viewer.ts';

/** How to ask. */
type Asking = Omit<RequestInit, 'headers'> & {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The program with a few cameras, a viewer who must not notice anything, and a count of what it holds. */
export class FaultServer {
  readonly pinhole: Pinhole;
  readonly #folder: string;
  readonly #census: Census;
  readonly #baseline: Holdings;
  readonly #viewer: SteadyViewer;

  private constructor(
    pinhole: Pinhole,
    folder: string,
    census: Census,
    baseline: Holdings,
    viewer: SteadyViewer,
  ) {
    this.pinhole = pinhole;
    this.#folder = folder;
    this.#census = census;
    this.#baseline = baseline;
    this.#viewer = viewer;
  }

  /** Starts it; `limits` as in the configuration file. */
  static async open(limits: Readonly<Record<string, number>> = {}): Promise<FaultServer> {
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-faults-'));
    const config = join(folder, 'pinhole.yaml');
    const cameras = {
      door: 'synthetic:640x360@30',
      hall: 'synthetic:320x240@30',
      detail: 'synthetic:1920x1080@60?gop=1',
    };
    await writeFile(config, JSON.stringify({ cameras, limits }));
    const pinhole = await startPinhole({ args: ['--config', config], env: CENSUS_ENV });
    const viewer = await SteadyViewer.open('door', pinhole);
    const census = new Census(pinhole);
    return new FaultServer(pinhole, folder, census, await census.take(), viewer);
  }

  /** Asks as the administrator unless told otherwise; on a connection of its own. */
  async ask(path: string, { token = this.pinhole.token, ...init }: Asking = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, connection: 'close', ...init.headers };
    return await fetch(`${this.pinhole.url}${path}`, { ...init, headers });
  }

  /** One figure of `/metrics`, 0 where there is none yet; e.g. `pinhole_sockets_open`, or with labels as they stand there. */
  async metric(name: string): Promise<number> {
    const lines = (await (await this.ask('/metrics')).text()).split('\n');
    return Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  }

  /** Makes a token by REST. */
  async token(wish: {
    cameras: string[];
    rights: string[];
    expiresIn?: string;
  }): Promise<{ id: string; token: string }> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'guest', ...wish });
    const response = await this.ask('/api/v1/tokens', { method: 'POST', headers, body });
    if (response.status !== 201) throw new Error(await response.text());
    return (await response.json()) as { id: string; token: string };
  }

  /** Sessions that are open now, without that of the viewer. */
  async sessions(): Promise<readonly { id: string; transport: string; tokenId: string; state: string }[]> {
    const { sessions } = (await (await this.ask('/api/v1/sessions')).json()) as {
      sessions: { id: string; transport: string; tokenId: string; state: string }[];
    };
    const own = sessions.findIndex(
      ({ transport, tokenId }) => transport === 'websocket' && tokenId === 'admin',
    );
    return sessions.toSpliced(own, 1);
  }

  /** What it holds now, garbage collected. */
  holdings(): Promise<Holdings> {
    return this.#census.take();
  }

  /** Proves that the viewer noticed nothing since the last call. */
  async expectUnharmed(): Promise<void> {
    await this.#viewer.expectUnharmed();
  }

  /** Waits until everything is as it was before the first fault. @throws {Error} that says what is left over */
  async untilBackToBaseline(name: string, options: { readonly patienceMs?: number } = {}): Promise<void> {
    const after = await this.#census.untilBackTo(this.#baseline, options);
    console.log(holdingsLine(name, this.#baseline, after));
  }

  async close(): Promise<void> {
    await this.#viewer.close();
    await this.pinhole.dispose();
    await rm(this.#folder, { recursive: true });
  }
}
