/** A variable-length code: its bits in the low 24, their number above. */
export type PackedCode = number;

const pack = (bits: string): PackedCode => (bits.length << 24) | Number.parseInt(bits, 2);
const table = (rows: readonly string[]): readonly (readonly PackedCode[])[] =>
  rows.map((row) => row.split(' ').map(pack));

/** Code tables for one kind of residual block, as bits in the order of transmission. */
export interface ResidualTables {
  /** By number of coefficients, then by number of trailing ones. */
  readonly coefficientToken: readonly (readonly PackedCode[])[];
  /** By number of coefficients less one, then by number of zeros before the last one. */
  readonly totalZeros: readonly (readonly PackedCode[])[];
}

/** Luma blocks of 16 coefficients whose neighbours have none (H.264 Table 9-5 column 0 ≤ nC < 2, Tables 9-7, 9-8). */
export const LUMA_DC: ResidualTables = {
  coefficientToken: table([
    '1',
    '000101 01',
    '00000111 000100 001',
    '000000111 00000110 0000101 00011',
    '0000000111 000000110 00000101 000011',
    '00000000111 0000000110 000000101 0000100',
    '0000000001111 00000000110 0000000101 00000100',
    '0000000001011 0000000001110 00000000101 000000100',
    '0000000001000 0000000001010 0000000001101 0000000100',
    '00000000001111 00000000001110 0000000001001 00000000100',
    '00000000001011 00000000001010 00000000001101 0000000001100',
    '000000000001111 000000000001110 00000000001001 00000000001100',
    '000000000001011 000000000001010 000000000001101 00000000001000',
    '0000000000001111 000000000000001 000000000001001 000000000001100',
    '0000000000001011 0000000000001110 0000000000001101 000000000001000',
    '0000000000000111 0000000000001010 0000000000001001 0000000000001100',
    '0000000000000100 0000000000000110 0000000000000101 0000000000001000',
  ]),
  totalZeros: table([
    '1 011 010 0011 0010 00011 00010 000011 000010 0000011 0000010 00000011 00000010 000000011 000000010 000000001',
    '111 110 101 100 011 0101 0100 0011 0010 00011 00010 000011 000010 000001 000000',
    '0101 111 110 101 0100 0011 100 011 0010 00011 00010 000001 00001 000000',
    '00011 111 0101 0100 110 101 100 0011 011 0010 00010 00001 00000',
    '0101 0100 0011 111 110 101 100 011 0010 00001 0001 00000',
    '000001 00001 111 110 101 100 011 010 0001 001 000000',
    '000001 00001 101 100 011 11 010 0001 001 000000',
    '000001 0001 00001 011 11 10 010 001 000000',
    '000001 000000 0001 11 10 001 01 00001',
    '00001 00000 001 11 10 01 0001',
    '0000 0001 001 010 1 011',
    '0000 0001 01 1 001',
    '000 001 1 01',
    '00 01 1',
    '0 1',
  ]),
};

/** The four DC coefficients of a chroma plane (H.264 Table 9-5 column nC = -1, Table 9-9). */
export const CHROMA_DC: ResidualTables = {
  coefficientToken: table([
    '01',
    '000111 1',
    '000100 000110 001',
    '000011 0000011 0000010 000101',
    '000010 00000011 00000010 0000000',
  ]),
  totalZeros: table(['1 01 001 000', '1 01 00', '1 0']),
};

/** By number of zeros left (more than six count as seven) less one, then by run length (H.264 Table 9-10). */
export const RUN_BEFORE: readonly (readonly PackedCode[])[] = table([
  '1 0',
  '1 01 00',
  '11 10 01 00',
  '11 10 01 001 000',
  '11 10 011 010 001 000',
  '11 000 001 011 010 101 100',
  '111 110 101 100 011 010 001 0001 00001 000001 0000001 00000001 000000001 0000000001 00000000001',
]);
