import type { TokenRequest } from '../auth/token-store.ts';
import type { Overrides } from '../config/load-config.ts';
import type { ServiceRequest } from '../service/install.ts';
import type { DevicesRequest } from './devices.ts';

/** What a person asked the program to do. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'serve'; readonly configFile?: string; readonly overrides: Overrides }
  /** Something was made of the words that is only to be seen. */
  | { readonly kind: 'print'; readonly text: string }
  /** Serves what flags of pi-webrtc say; `notes` are told first, one a line. */
  | { readonly kind: 'serve-picamera'; readonly overrides: Overrides; readonly notes: readonly string[] }
  | { readonly kind: 'devices'; readonly request: DevicesRequest }
  | { readonly kind: 'uninstall-service'; readonly scope: ServiceRequest['scope']; readonly root?: string }
  | ({ readonly configFile?: string; readonly overrides: Overrides } & (
      | { readonly kind: 'token-create'; readonly request: TokenRequest }
      | { readonly kind: 'token-list' }
      | { readonly kind: 'token-link' }
      | { readonly kind: 'token-revoke'; readonly id: string }
      | {
          readonly kind: 'install-service';
          readonly request: Pick<ServiceRequest, 'scope' | 'runAs' | 'root'>;
        }
    ));
