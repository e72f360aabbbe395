import { lstat, mkdir, open, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';

/** The part of `node:fs/promises` that a recorder uses; tests make it fail. */
export interface RecorderDisk {
  readonly lstat: typeof lstat;
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  /** Names of what is in a folder. */
  readonly readdir: (folder: string) => Promise<readonly string[]>;
  readonly readFile: typeof readFile;
  readonly rename: typeof rename;
  readonly stat: typeof stat;
  readonly unlink: typeof unlink;
  readonly writeFile: typeof writeFile;
}

/** The machine's own file systems. */
export const NODE_DISK: RecorderDisk = {
  lstat,
  mkdir,
  open,
  readdir: (folder) => readdir(folder),
  readFile,
  rename,
  stat,
  unlink,
  writeFile,
};
