export { DEFAULT_QUEUE_LIMITS, SendQueue, type SendQueueLimits } from './send-queue.ts';
