export { type LoadedAddon, loadAddon, type NativeViewerCounters } from './addon.ts';
export {
  NativeFanout,
  type NativeFanoutOptions,
  type NativeRun,
  NativeViewer,
  type NativeViewerOptions,
} from './native-fanout.ts';
