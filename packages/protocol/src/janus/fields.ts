import { JanusRefusal } from './janus-refusal.ts';

/** A JSON object as it came. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether JSON is an object, as opposed to a list, `null` and simple values. */
export const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** A field that the message has of its own: `{}` has no `constructor` of ours to tell. */
export const fieldOf = (json: JsonObject, name: string): unknown =>
  Object.hasOwn(json, name) ? json[name] : undefined;

/** A field that is text, else undefined. */
export function textOf(json: JsonObject, name: string): string | undefined {
  const value = fieldOf(json, name);
  return typeof value === 'string' ? value : undefined;
}

/** A field that is a whole number which JSON carries without loss, else undefined. */
export function wholeOf(json: JsonObject, name: string): number | undefined {
  const value = fieldOf(json, name);
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

/** What an element of a request must be, in Janus's words. */
export interface ElementRule {
  readonly type: 'a string' | 'a boolean' | 'a positive integer' | 'an object';
  readonly need: 'mandatory' | 'optional';
  /** What stands before the words of the error. */
  readonly about?: string;
}

/**
 * Holds one element of a request against its rule, as Janus does: `null` is of the wrong type rather than missing.
 * @throws {JanusRefusal} `missingElement`, `invalidElementType`
 */
export function checkElement(json: JsonObject, name: string, rule: ElementRule): void {
  const value = fieldOf(json, name);
  const { about } = rule;
  if (value === undefined) {
    if (rule.need === 'optional') return;
    const missing = `issing mandatory element (${name})`;
    throw new JanusRefusal('missingElement', about === undefined ? `M${missing}` : `${about}: m${missing}`);
  }
  if (fits(value, rule.type)) return;
  const invalid = `nvalid element type (${name} should be ${rule.type})`;
  throw new JanusRefusal('invalidElementType', about === undefined ? `I${invalid}` : `${about}: i${invalid}`);
}

function fits(value: unknown, type: ElementRule['type']): boolean {
  switch (type) {
    case 'a string':
      return typeof value === 'string';
    case 'a boolean':
      return typeof value === 'boolean';
    case 'a positive integer':
      return Number.isSafeInteger(value) && Number(value) >= 0;
    case 'an object':
      return isObject(value);
  }
}
