export { type UploadCode, UploadError } from './s3-answers.ts';
export { checkS3Target, type S3Target } from './s3-target.ts';
export type { UploadCounters, UploadOptions, UploadState } from './upload-options.ts';
export { JOURNAL_NAME, UploadQueue } from './upload-queue.ts';
