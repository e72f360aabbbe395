import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { thirdParty } from './third-parties.ts';

/** Starts nginx with that `server` block, once it found nothing wrong with it. What it writes is in `folder`. */
export async function startNginx(server: string, folder: string): Promise<ChildProcess> {
  const file = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join(' ');
  const main = `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr; events {}`;
  await writeFile(file, `${main}\nhttp { access_log off; ${paths}\n${server}\n}\n`);
  const program = thirdParty('nginx') ?? '';
  execFileSync(program, ['-t', '-q', '-c', file, '-e', 'stderr'], { stdio: 'inherit' });
  return spawn(program, ['-c', file, '-e', 'stderr'], { stdio: 'inherit' });
}
