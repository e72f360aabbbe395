import type { MqttQos } from '@pinhole/mqtt';
import type { Port } from './message.ts';

/** How one client wants one filter's messages. @see MQTT 5 §3.8.3.1 */
export interface FilterOptions {
  readonly qos: MqttQos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly identifier: number | undefined;
}

interface Level {
  readonly next: Map<string, Level>;
  readonly subscribers: Map<Port, FilterOptions>;
}

const newLevel = (): Level => ({ next: new Map(), subscribers: new Map() });

/** All subscriptions, level by level, so that a message costs what its topic has levels, not what there are clients. */
export class FilterTree {
  readonly #root = newLevel();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds or replaces. @returns false when the client had this filter already. */
  add(filter: string, port: Port, options: FilterOptions): boolean {
    let level = this.#root;
    for (const name of filter.split('/')) {
      let next = level.next.get(name);
      if (next === undefined) {
        next = newLevel();
        level.next.set(name, next);
      }
      level = next;
    }
    const isNew = !level.subscribers.has(port);
    level.subscribers.set(port, options);
    if (isNew) this.#size++;
    return isNew;
  }

  /** @returns false when there was none. */
  remove(filter: string, port: Port): boolean {
    const removed = removeFrom(this.#root, filter.split('/'), port);
    if (removed) this.#size--;
    return removed;
  }

  /** Calls `visit` for each subscription that covers the topic; for one client as often as it has such. */
  match(topic: string, visit: (port: Port, options: FilterOptions) => void): void {
    const names = topic.split('/');
    const report = (level: Level | undefined): void => {
      for (const [port, options] of level?.subscribers ?? []) visit(port, options);
    };
    const walk = (level: Level, index: number): void => {
      // A wildcard at the beginning does not cover `$…` (MQTT 5 §4.7.2).
      const wild = index > 0 || !topic.startsWith('$');
      if (wild) report(level.next.get('#'));
      const name = names[index];
      if (name === undefined) {
        report(level);
        return;
      }
      const same = level.next.get(name);
      if (same !== undefined) walk(same, index + 1);
      const any = wild ? level.next.get('+') : undefined;
      if (any !== undefined) walk(any, index + 1);
    };
    walk(this.#root, 0);
  }
}

/** Levels that nobody needs any more go too. */
function removeFrom(level: Level, names: readonly string[], port: Port): boolean {
  const [name, ...rest] = names;
  if (name === undefined) return level.subscribers.delete(port);
  const next = level.next.get(name);
  if (next === undefined || !removeFrom(next, rest, port)) return false;
  if (next.next.size === 0 && next.subscribers.size === 0) level.next.delete(name);
  return true;
}
