import { z } from '@hono/zod-openapi';

const time = z.iso.datetime();

const fault = z
  .object({ code: z.string(), why: z.string(), at: time })
  .openapi({ description: 'What went wrong last, and what to do' });

const starter = z.object({
  id: z.string(),
  who: z.string().openapi({ description: 'The id of the token' }),
  since: time,
  until: time.optional().openapi({ description: 'When it ends by itself' }),
  reason: z.string().optional(),
});

const tree = z.object({
  state: z.enum(['off', 'starting', 'recording', 'failing']),
  since: time.optional(),
  file: z.string().optional().openapi({ description: 'The recording that is being written' }),
  bytesWritten: z.number().int(),
  droppedUnits: z.number().int(),
  lastError: fault.optional(),
});

/** What is recorded of a camera now. */
export const recordingStateSchema = z
  .object({
    mode: z.enum(['off', 'background', 'on-demand', 'both']),
    recording: z.boolean(),
    by: z.array(starter).openapi({ description: 'Who started what is recorded on demand' }),
    background: tree,
    onDemand: tree,
    rewind: z
      .object({ from: time, to: time, bytes: z.number().int() })
      .optional()
      .openapi({ description: 'The last minutes, which are in memory' }),
    upload: z
      .object({
        waiting: z.number().int().openapi({ description: 'Recordings that wait, of all cameras' }),
        sending: z.array(z.object({ path: z.string(), bytes: z.number().int(), sent: z.number().int() })),
        fault: z.object({ code: z.string(), why: z.string() }).optional(),
      })
      .optional()
      .openapi({ description: 'Copies to a storage service, where one is configured' }),
    archive: z.object({
      files: z.number().int(),
      bytes: z.number().int(),
      freeBytes: z
        .number()
        .int()
        .optional()
        .openapi({ description: 'Left on the disk of the recordings, as it was a few seconds ago' }),
      reading: z
        .object({ read: z.number().int(), waiting: z.number().int(), perSecond: z.number() })
        .optional()
        .openapi({ description: 'Recordings are being looked through: a first start, a lost index' }),
      fault: z.string().optional(),
    }),
  })
  .openapi('RecordingState');

/** Starts a recording. */
export const startRecordingSchema = z.object({
  reason: z.string().max(200).optional(),
  seconds: z.number().min(1).max(86_400).optional().openapi({ description: 'Ends by itself after so long' }),
});

/** Ends a start. */
export const stopRecordingSchema = z.object({
  id: z.string().max(100).optional().openapi({ description: 'The start; all of this token when left out' }),
});

/** Saves what was just seen. */
export const saveRecordingSchema = z.object({
  seconds: z.number().min(1).max(86_400),
  reason: z.string().max(200).optional(),
});

/** A start of a recording. */
export const startedSchema = starter.openapi('RecordingStart');

/** One recording. */
export const recordingSchema = z
  .object({
    path: z.string().openapi({ example: '20260131/12/20260131_120000.mp4' }),
    start: time,
    end: time,
    bytes: z.number().int(),
    state: z.enum(['recording', 'complete', 'cut', 'unreadable', 'unread']),
    video: z.object({ codec: z.string(), width: z.number().int(), height: z.number().int() }).optional(),
    audio: z
      .object({ codec: z.string(), sampleRate: z.number().int(), channels: z.number().int() })
      .optional(),
    onDemand: z.object({ by: z.string(), at: time }).optional(),
    urls: z.object({ file: z.string(), thumbnail: z.string().optional() }),
  })
  .openapi('Recording');

/** A day of the calendar. */
export const recordedDaySchema = z
  .object({
    day: z.string().openapi({ example: '2026-01-31' }),
    files: z.number().int(),
    bytes: z.number().int(),
    recordedSeconds: z.number(),
    start: time,
    end: time,
  })
  .openapi('RecordedDay');

/** A stretch of the past that can be played in one go. */
export const footageSpanSchema = z
  .object({
    from: time,
    to: time,
    codec: z.string().optional(),
    width: z.number().int().optional(),
    height: z.number().int().optional(),
    audio: z.string().optional().openapi({ description: 'The codec of its sound' }),
    inMemory: z.boolean().openapi({ description: 'No file has it' }),
  })
  .openapi('FootageSpan');
