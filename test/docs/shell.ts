import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { micros } from '@pinhole/core';
import { makeMotionJpeg } from '../support/clip-file.ts';
import { CardPictures } from '../support/esp32-emulator/index.ts';
import { ROOT } from './markdown.ts';

/** What a block printed, and how it ended. */
export interface ShellRun {
  readonly code: number | null;
  readonly output: string;
}

/** A folder in which the documentation's shell blocks run, with what they take for granted. */
export interface Shell {
  readonly folder: string;
  /** Runs a block as `sh -e` does. */
  run(block: string, env: Readonly<Record<string, string>>): Promise<ShellRun>;
  dispose(): Promise<void>;
}

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PROGRAM = `exec '${process.execPath}' --import '${TSX}' '${join(import.meta.dirname, 'stand-ins/program.ts')}' "$@"`;

/**
 * What stands for other programs; each fails for words that it does not know. `npm start` and `npx pinhole` run the real
 * program, workspace builds and `npm pack` the real npm. Not run, for these reasons:
 * - `npm ci`: it would replace the modules of the very tree that is tested. CI runs it in a fresh clone.
 * - `npm test`, `npx vitest`: a test within itself. The file has to exist.
 * - `npm run` of the whole workspace: hours in sum. The script has to exist.
 * - `apt-get`: the test set-up does it, where it may.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  npm: `
    case "$1" in
      start) shift; [ "$1" != -- ] || shift; ${PROGRAM} ;;
      ci|test) exit 0 ;;
      pack) PATH="$REAL_PATH" exec npm pack "${ROOT}/\${2#./}" --pack-destination "$PWD" ;;
      run)
        case " $* " in
          *" --workspace "*) cd '${ROOT}' && PATH="$REAL_PATH" exec npm "$@" ;;
          *) grep -q "^    \\"$2\\":" '${ROOT}/package.json' || { echo "no script $2" >&2; exit 64; } ;;
        esac ;;
      *) echo "npm $1 is not for here" >&2; exit 64 ;;
    esac`,
  npx: `
    case "$1" in
      pinhole) shift; ${PROGRAM} ;;
      vitest) for last; do :; done; exec test -f "${ROOT}/$last" ;;
      *) echo "npx $1 is not for here" >&2; exit 64 ;;
    esac`,
  sudo: `SUDO_USER=pi exec "$@"`,
  // It would change this machine's systemd.
  loginctl: `[ "$*" = enable-linger ]`,
  // There is no daemon of it here, and no registry: what stands behind the image's name is the program's to take.
  docker: `
    case "$1" in
      build) [ "$*" = 'build -t pinhole .' ] && test -f '${ROOT}/Dockerfile' ;;
      logs) [ "$2" = pinhole ] ;;
      run)
        shift
        while [ "$1" != pinhole ]; do
          case "$1" in
            -d) ;;
            --name|--network|--device|-v|-p) shift ;;
            *) echo "docker run $1 is not for here" >&2; exit 64 ;;
          esac
          shift
        done
        shift
        [ $# != 0 ] || set -- --listen 0.0.0.0
        sed "s#/etc/##" <<EOF > container.sh
set -- $@
EOF
        . ./container.sh
        ( ${PROGRAM} ) > container.log ;;
      *) echo "docker $1 is not for here" >&2; exit 64 ;;
    esac`,
  'apt-get': `[ "$*" = 'install ffmpeg' ]`,
  // A player needs a screen and stays open; this reads the same address, and has to find pictures in it.
  ffplay: `for last; do :; done; exec ffmpeg -v error -i "$last" -frames:v 10 -f null -`,
};

/** Opens such a folder. */
export async function openShell(): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-docs-'));
  const programs = join(folder, 'bin');
  await mkdir(programs);
  for (const [name, script] of Object.entries(STAND_INS)) {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  }
  await copyFile(join(ROOT, 'pinhole.example.yaml'), join(folder, 'pinhole.yaml'));
  makeMotionJpeg(folder, 'walk.mov', { seconds: 1 });
  const picture = new CardPictures({ width: 320, height: 240 }).draw(1, micros(0));
  await writeFile(join(folder, 'picture.jpg'), picture);
  return {
    folder,
    run: (block, env) => runBlock(block, { folder, programs, env }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

function runBlock(
  block: string,
  where: {
    readonly folder: string;
    readonly programs: string;
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<ShellRun> {
  const path = process.env['PATH'] ?? '';
  const child = spawn('sh', ['-e', '-c', block], {
    cwd: where.folder,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PORT: '',
      PATH: `${where.programs}${delimiter}${path}`,
      REAL_PATH: path,
      HOME: where.folder,
      DOCS_DATA: join(where.folder, '.pinhole'),
      ...where.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}
