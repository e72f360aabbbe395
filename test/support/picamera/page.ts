import { PaintedFrames, type SeenFrame } from '../harness/painted-frames.ts';
import { loudnessOf } from './loudness.ts';
import { StockClient } from './stock-client.ts';
import type { StockOptions, StockReport } from './stock-options.ts';

class Watched {
  readonly client: StockClient;
  readonly painted: PaintedFrames;

  constructor(options: StockOptions) {
    this.client = new StockClient(options);
    this.painted = new PaintedFrames(() => this.client.video);
    this.painted.open();
    void this.client.microphone.then(() => this.client.connect());
  }
}

const clients = new Map<string, Watched>();

const of = (name: string): Watched => {
  const found = clients.get(name);
  if (!found) throw new Error(`there is no client "${name}"`);
  return found;
};

/** What tests call in the page. */
const stock = {
  open(name: string, options: StockOptions): void {
    clients.set(name, new Watched(options));
  },
  report: (name: string): StockReport => of(name).client.report(),
  /** Frames since the last call. */
  frames: (name: string): readonly SeenFrame[] => of(name).painted.take(),
  send: (name: string, channel: number, message: string | readonly number[]): void =>
    of(name).client.send(channel, message),
  /** The loudest sample that came of the camera's sound in a while. */
  loudness: (name: string): Promise<number> => loudnessOf(of(name).client.video),
  publish: (name: string, topic: string, payload: string | readonly number[]): void =>
    of(name).client.publish(topic, payload),
  restart: (name: string): Promise<void> => of(name).client.restart(),
  close(name: string, how: 'terminate' | 'vanish' = 'terminate'): void {
    const { client, painted } = of(name);
    painted.close();
    client[how]();
    clients.delete(name);
  },
  closeAll(): void {
    for (const name of Array.from(clients.keys())) stock.close(name);
  },
};

/** The page as the test's side sees it. */
export type StockPage = typeof stock;

Object.assign(window, { stock });
