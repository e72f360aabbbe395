import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One instruction of a Dockerfile, its continued lines joined. */
export interface DockerInstruction {
  /** In capitals. */
  readonly name: string;
  readonly words: string;
}

/** A stage: `FROM` and what follows. */
export interface DockerStage {
  readonly name: string | undefined;
  readonly base: string;
  readonly instructions: readonly DockerInstruction[];
}

/** Reads a Dockerfile, as far as ours goes: no heredocs, no build arguments. */
export function readDockerfile(file: string): readonly DockerStage[] {
  const lines = readFileSync(file, 'utf8')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string | undefined; base: string; instructions: DockerInstruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', words = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`Dockerfile: "${line}" is no instruction`);
    const from = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(words);
    if (name.toUpperCase() === 'FROM')
      stages.push({ base: from?.[1] ?? '', name: from?.[2], instructions: [] });
    else stages.at(-1)?.instructions.push({ name: name.toUpperCase(), words });
  }
  return stages;
}

/**
 * Does on this machine, below `root`, what a stage says of files and commands: `WORKDIR`, `COPY . .` of the files that
 * git would hand on, and `RUN` by the shell. Absolute paths are below `root`, except within commands.
 */
export function followStage(
  stage: DockerStage,
  { context, root }: { readonly context: string; readonly root: string },
): void {
  let folder = root;
  for (const { name, words } of stage.instructions) {
    if (name === 'WORKDIR') {
      folder = join(root, words);
      mkdirSync(folder, { recursive: true });
    } else if (name === 'COPY' && words === '. .') copyTracked(context, folder);
    else if (name === 'RUN') run(words, folder);
    else throw new Error(`${name} ${words}: not followed outside of a container`);
  }
}

function copyTracked(from: string, to: string): void {
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: from,
    encoding: 'utf8',
  });
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(from, file), join(to, file), { force: true });
  }
}

function run(command: string, cwd: string): void {
  const { status, stderr } = spawnSync('sh', ['-ec', command], { cwd, encoding: 'utf8', stdio: 'pipe' });
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}: ${stderr.slice(-2000)}`);
}
