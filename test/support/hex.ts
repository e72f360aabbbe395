/** Bytes of a hex dump; white space and `# comments` are passed over. For tests only. */
export function hex(dump: string): Uint8Array {
  const digits = dump.replace(/#.*$/gm, '').replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`not hex: ${digits}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
