import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which machine the fake runs on, as far as its program shows that. */
export type FakeModel = 'pi4' | 'pi5' | 'old';

/** The folder by which a test rules the fake; see `fake-program.ts`. */
export class FakeControl {
  readonly #folder = process.env['FAKE_RPICAM_FOLDER'];

  get model(): FakeModel {
    const model = process.env['FAKE_RPICAM_MODEL'];
    return model === 'pi5' || model === 'old' ? model : 'pi4';
  }

  /** A number from the environment. */
  number(variable: string, usual: number): number {
    return Number(process.env[variable] ?? usual);
  }

  is(order: 'none' | 'busy' | 'hang' | 'crash'): boolean {
    return this.#folder !== undefined && existsSync(join(this.#folder, order));
  }

  /** An order that counts once. */
  take(order: 'crash'): boolean {
    if (!this.is(order)) return false;
    rmSync(join(this.#folder ?? '', order), { force: true });
    return true;
  }

  tellStart(start: { readonly name: string; readonly words: readonly string[] }): void {
    if (this.#folder === undefined) return;
    appendFileSync(join(this.#folder, 'starts.jsonl'), `${JSON.stringify({ ...start, pid: process.pid })}\n`);
  }

  /** Takes the camera, unless another process that lives has it. */
  lock(camera: number): boolean {
    if (this.#folder === undefined) return true;
    const path = join(this.#folder, `camera-${camera}.lock`);
    const holder = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (holder !== '' && existsSync(`/proc/${holder}`)) return false;
    writeFileSync(path, String(process.pid));
    return true;
  }

  unlock(camera: number): void {
    if (this.#folder !== undefined) rmSync(join(this.#folder, `camera-${camera}.lock`), { force: true });
  }
}
