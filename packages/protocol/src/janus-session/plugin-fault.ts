import { type JsonObject, parseUstreamerEvent, USTREAMER_ERROR } from '../janus/index.ts';
import { type JanusFault, passing, shown } from './janus-fault.ts';

/** What a plugin's event says that is wrong, in our words with its own; undefined for one that tells no error. */
export function pluginFault(plugin: string, data: JsonObject): JanusFault | undefined {
  const event = parseUstreamerEvent(data);
  if (event?.kind !== 'error') return undefined;
  const words = `${shown(event.text)} (${event.code})`;
  if (event.code === USTREAMER_ERROR.noParameterSets.code)
    return passing('janus/not-ready', `The plugin has no picture yet: ${words}.`);
  // The streaming plugin has no code that means this alone.
  if (/no such (?:mountpoint|stream)/i.test(event.text))
    return passing('janus/no-stream', `The plugin has no such stream: ${words}.`);
  return passing('janus/plugin-error', `The plugin ${shown(plugin)} refuses: ${words}.`);
}
