export { createFileSource, type FileCounters, FileSource, type FileSourceOptions } from './file-source.ts';
