import type { AnonymousRule, ServerConfig } from '../config/config-schema.ts';
import { type NetworkRanges, parseNetworkRanges } from '../config/network-range.ts';
import type { Grant } from './access.ts';

/** What those without a token may do, by where they come from. */
export interface AnonymousGrants {
  of(address: string): readonly Grant[];
}

/** Puts the rules of the whole server and those of single cameras together. */
export function anonymousGrants(config: Pick<ServerConfig, 'anonymous' | 'cameras'>): AnonymousGrants {
  const rules: { readonly from: NetworkRanges; readonly grant: Grant }[] = [];
  const add = (rule: AnonymousRule, cameras: '*' | readonly string[]) => {
    rules.push({ from: parseNetworkRanges(rule.from), grant: { cameras, rights: rule.rights } });
  };
  for (const rule of config.anonymous) add(rule, rule.cameras ?? '*');
  for (const [id, camera] of Object.entries(config.cameras))
    for (const rule of camera.anonymous) add(rule, [id]);
  return {
    of: (address) => rules.filter(({ from }) => from.includes(address)).map(({ grant }) => grant),
  };
}
