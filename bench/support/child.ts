import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { BenchContext } from './figure.ts';

/** What a child does when asked, by name: one argument in, one answer out. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>;

/** A process that does what it is asked. */
export interface Child<Asked extends Calls> {
  readonly pid: number;
  /** @throws {Error} what the child threw, or that it ended. */
  ask<Name extends keyof Asked & string>(
    name: Name,
    ...argument: Parameters<Asked[Name]>
  ): Promise<Awaited<ReturnType<Asked[Name]>>>;
  /** Ends it before the bench ends. May be called again. */
  close(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** What a child answers before it was asked. */
const READY = 0;

/** No child outlives this, whatever becomes of its parent. */
const LONGEST_LIFE_MS = 240_000;

/** A child that does not end when asked is killed. */
const CLOSE_PATIENCE_MS = 5_000;

/** Starts `bench/children/<name>.ts` in a process of its own, which ends with the bench. */
export async function openChild<Asked extends Calls>(
  context: BenchContext,
  name: string,
): Promise<Child<Asked>> {
  const profile =
    context.profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${context.profileFolder}`];
  const child = fork(join(import.meta.dirname, '../children', `${name}.ts`), {
    execArgv: ['--conditions=@pinhole/source', '--import', 'tsx', ...profile],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  context.defer(() => closeChild(child));
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  child.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (!asked) return;
    if ('error' in answer) asked.reject(new Error(`${name}: ${answer.error}`));
    else asked.resolve(answer.value as never);
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended with ${signal ?? code}`));
    waiting.clear();
  });
  let lastId = 0;
  const ask: Child<Asked>['ask'] = (asked, argument?: unknown) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      child.send({ id, name: asked, argument } satisfies Question, (error) => error && reject(error));
    });
  await new Promise<void>((started, failed) => {
    child.once('message', () => started());
    child.once('exit', (code) => failed(new Error(`${name} ended with ${code} while starting`)));
  });
  if (child.pid === undefined) throw new Error(`${name} has no process id`);
  return { pid: child.pid, ask, close: () => closeChild(child) };
}

/** In a child: does what the parent asks until it goes away. `close` is called before the end. */
export function serveCalls(calls: Calls, close: () => unknown): void {
  const end = async (): Promise<void> => {
    await close();
    process.exit(0);
  };
  setTimeout(() => process.exit(1), LONGEST_LIFE_MS).unref();
  process.on('disconnect', () => void end());
  process.on('message', ({ id, name, argument }: Question) => {
    void answer(calls, { id, name, argument }).then((message) => process.send?.(message));
  });
  process.send?.({ id: READY, value: true } satisfies Answer);
}

async function answer(calls: Calls, { id, name, argument }: Question): Promise<Answer> {
  try {
    const call = calls[name];
    if (!call) throw new Error(`there is no call "${name}"`);
    return { id, value: await call(argument as never) };
  } catch (thrown) {
    return { id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}

async function closeChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), CLOSE_PATIENCE_MS);
  await gone;
  clearTimeout(kill);
}
