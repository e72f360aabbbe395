import { stringify } from 'yaml';
import type { ServerConfigInput } from '../../config/config-schema.ts';

/** A configuration as a file for `pinhole serve`, with what was to be said about it as comments. */
export function configText(config: ServerConfigInput, notes: readonly string[]): string {
  const head = [
    'What these flags of pi-webrtc are in Pinhole; start it with pinhole serve --config FILE.',
    ...notes,
  ];
  return `${head.map((line) => `# ${line.replaceAll('\n', ' ')}\n`).join('')}${stringify(config, { lineWidth: 0 })}`;
}
