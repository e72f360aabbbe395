export { NativePlayer, type NativePlayerOptions } from './native-player.ts';
