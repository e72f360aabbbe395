import { PinholeCamera } from './pinhole-camera.ts';

export { PinholeCamera };

declare global {
  interface HTMLElementTagNameMap {
    'pinhole-camera': PinholeCamera;
  }
}

if (globalThis.customElements?.get('pinhole-camera') === undefined) {
  globalThis.customElements?.define('pinhole-camera', PinholeCamera);
}
