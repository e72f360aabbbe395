import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this account may mount at all. */
export const mountable =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** A disk of a few megabytes, mounted on a folder of its own. */
export class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'pinhole-disk-'));

  readonly #megabytes: number;

  constructor(megabytes: number) {
    this.#megabytes = megabytes;
    this.mount();
  }

  /** Puts it, or an empty one in its place, where it belongs. */
  mount(): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${this.#megabytes}m`, 'tmpfs', this.folder]);
  }

  /** Leaves nothing free. @returns what frees it again */
  fill(): () => void {
    const filler = join(this.folder, 'filler');
    // Ends when the disk is full, as it should.
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' });
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k', 'oflag=append', 'conv=notrunc'], {
      stdio: 'ignore',
    });
    return () => rmSync(filler);
  }

  /** Mounts it anew. @returns false while files are open for writing */
  remount(how: 'ro' | 'rw'): boolean {
    return spawnSync('mount', ['-o', `remount,${how}`, this.folder], { stdio: 'ignore' }).status === 0;
  }

  /** Takes it away as if it was pulled out: the empty folder is left. */
  pull(): void {
    execFileSync('umount', ['-l', this.folder]);
  }

  dispose(): void {
    spawnSync('umount', ['-l', this.folder], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts a file of so many bytes onto it. */
  put(name: string, bytes: number): void {
    writeFileSync(join(this.folder, name), new Uint8Array(bytes));
  }
}
