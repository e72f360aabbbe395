import { MalformedError } from '@pinhole/core';
import {
  SLOT_LAYOUTS,
  SLOT_MAGIC,
  SLOT_PREFIX_BYTES,
  type SlotAbi,
  type SlotKind,
  type SlotLayout,
  slotLayout,
} from './slot-layout.ts';

const ABIS: readonly SlotAbi[] = ['lp64', 'a32'];
const KINDS: readonly SlotKind[] = ['h264', 'jpeg', 'raw'];

/**
 * Finds out the layout of an object by its first bytes and its size: versions with the same number, and those of 32-bit
 * writers, differ in nothing else.
 *
 * @param prefix at least {@link SLOT_PREFIX_BYTES} bytes of it
 * @returns undefined while nothing was written: that is no error
 * @throws {MalformedError} `memsink/too-short`, `memsink/unknown-version`, `memsink/unknown-size`
 */
export function identifySlot(prefix: Uint8Array, sizeBytes: number): SlotLayout | undefined {
  if (prefix.byteLength < SLOT_PREFIX_BYTES || sizeBytes < SLOT_PREFIX_BYTES)
    throw new MalformedError('memsink/too-short', `an object of ${sizeBytes} bytes is no slot`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (view.getBigUint64(0, true) !== SLOT_MAGIC) return undefined;
  const version = view.getUint32(8, true);
  const names = SLOT_LAYOUTS.filter((name) => slotLayout(name, 'lp64').version === version);
  if (names.length === 0)
    throw new MalformedError('memsink/unknown-version', `version ${version} of the slot is not known`);
  for (const abi of ABIS) {
    for (const kind of KINDS) {
      const layout = names
        .map((name) => slotLayout(name, abi, kind))
        .find((one) => one.sizeBytes === sizeBytes);
      if (layout) return layout;
    }
  }
  throw new MalformedError(
    'memsink/unknown-size',
    `an object of ${sizeBytes} bytes is not of version ${version}, by which it calls itself`,
  );
}
