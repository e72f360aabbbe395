import { createFileSource } from '@pinhole/sources/file';
import { type SourceKind, sourceFault } from './source-kind.ts';

/** A clip that is played over and over. */
export interface FileSpec {
  readonly kind: 'file';
  readonly path: string;
}

/** `file:PATH` */
export const file: SourceKind<FileSpec> = {
  kind: 'file',
  schemes: ['file'],
  example: 'file:clip.mp4',
  parse: (text) => {
    const path = text.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
    if (!text.startsWith('file:') || path === '')
      throw sourceFault(`"${text}": write file:PATH, e.g. file:clip.mp4`);
    return { kind: 'file', path };
  },
  open: ({ path }, { audio }) => createFileSource({ path, audio }),
  inWords: ({ path }) => `file ${path}`,
};
