import { z } from '@hono/zod-openapi';
import { PRESET_LIMITS, PRESET_NAME } from '../controls/preset-store.ts';

const value = z.union([z.number(), z.boolean(), z.string().max(PRESET_LIMITS.valueCharacters)]);

const keep = z
  .literal(true)
  .optional()
  .openapi({ description: 'Risky changes stay; nobody has to keep them within 10 s' });

const values = z
  .record(z.string().max(64), value)
  .refine((record) => Object.keys(record).length <= PRESET_LIMITS.values, {
    message: `at most ${PRESET_LIMITS.values} values`,
  })
  .openapi({ description: 'Values by control id', example: { brightness: 10, pattern: 'bars' } });

/** One thing of a camera that can be changed, and its value. */
const controlSchema = z
  .object({
    id: z.string(),
    label: z.string(),
    group: z.string().optional().openapi({ description: 'The heading under which it belongs' }),
    help: z.string().optional(),
    applies: z.enum(['live', 'restart']),
    risky: z.literal(true).optional().openapi({ description: 'Taken back after 10 s unless kept' }),
    inactive: z.string().optional().openapi({ description: 'Why it cannot be changed now' }),
    kind: z.enum(['range', 'switch', 'menu', 'button']),
    value: value.optional().openapi({ description: 'What it is now; a button has none' }),
    default: value.optional(),
    unit: z.string().optional(),
    scale: z.literal('logarithmic').optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    step: z.number().optional(),
    options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  })
  .openapi('Control');

/** All controls of a camera as they are now. */
export const controlsSchema = z
  .object({
    controls: z.array(controlSchema),
    unkept: z
      .object({
        controls: z.array(z.object({ id: z.string(), previous: value })),
        by: z.string().openapi({ description: 'The id of the token that made the last of these changes' }),
        revertAt: z.iso.datetime(),
      })
      .optional()
      .openapi({ description: 'Risky changes that are taken back unless somebody keeps them' }),
  })
  .openapi('Controls');

/** A control's new value. */
export const newValueSchema = z.strictObject({ value, keep }).openapi('NewControlValue');

/** A control's value. */
export const controlValueSchema = z.object({ value }).openapi('ControlValue');

/** New values of several controls. */
export const newValuesSchema = z.strictObject({ values, keep }).openapi('NewControlValues');

/** What to reset. */
export const resetSchema = z
  .strictObject({ control: z.string().max(64).optional().openapi({ description: 'All, when left out' }) })
  .openapi('ControlReset');

/** A named set of values. */
export const presetSchema = z
  .object({ name: z.string(), values: z.record(z.string(), value), atStart: z.boolean() })
  .openapi('ControlPreset');

/** A preset's name, as it stands in an address. */
export const presetName = z
  .string()
  .regex(PRESET_NAME, 'use 1 to 48 letters, digits, spaces, dots, hyphens and underscores');

/** A preset to be saved. */
export const newPresetSchema = z
  .strictObject({
    values: values.optional().openapi({ description: 'What holds now, when left out' }),
    atStart: z
      .boolean()
      .default(false)
      .openapi({ description: 'Set when the program starts; one preset of a camera at most' }),
  })
  .openapi('NewControlPreset');

/** What a preset led to. */
export const appliedSchema = z
  .object({
    applied: z.record(z.string(), value),
    skipped: z.array(z.object({ id: z.string(), code: z.string(), why: z.string() })),
  })
  .openapi('AppliedControlPreset');
