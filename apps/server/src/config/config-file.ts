import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The file that is read without being named, when it lies in the folder where the program was started. */
const DEFAULT_CONFIG_FILE = 'pinhole.yaml';

/** The configuration file to read: the one that was named, else the default one where it exists. */
export function configFileToRead(named: string | undefined, folder: string): string | undefined {
  if (named !== undefined) return named;
  return existsSync(join(folder, DEFAULT_CONFIG_FILE)) ? join(folder, DEFAULT_CONFIG_FILE) : undefined;
}
