export { createPushSource, type PushCounters, PushSource, type PushSourceOptions } from './push-source.ts';
