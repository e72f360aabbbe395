import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultDataFolder, type ServerConfig } from '../config/config-schema.ts';
import {
  installService,
  removeService,
  type ServiceRequest,
  STATE_FOLDER,
  thisHost,
} from '../service/install.ts';

/** The same whether the program runs from its sources or was built. */
const START_FILE = fileURLToPath(new URL('../../bin/pinhole.js', import.meta.url));

/** Installs the program as a service that reads the same configuration; prints what was done. */
export async function installFor(
  request: Pick<ServiceRequest, 'scope' | 'runAs' | 'root'>,
  { config, file }: { readonly config: ServerConfig; readonly file?: string },
  print: (text: string) => void,
): Promise<void> {
  const lines = await installService(
    {
      ...request,
      ...(file !== undefined && { configFile: resolve(file) }),
      dataFolder:
        request.scope === 'system' && config.data === defaultDataFolder() ? STATE_FOLDER : config.data,
      writable: config.recordings.root === undefined ? [] : [config.recordings.root],
    },
    thisHost(START_FILE),
  );
  print(`${lines.join('\n')}\n`);
}

/** Takes the service away again; prints what was done. */
export async function removeFor(
  request: Pick<ServiceRequest, 'scope' | 'root'>,
  print: (text: string) => void,
): Promise<void> {
  const lines = await removeService(request, thisHost(START_FILE));
  print(`${lines.join('\n')}\n`);
}
