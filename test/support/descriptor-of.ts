import type { Socket } from 'node:dgram';

/** The file descriptor of a bound socket; Node has no public way to it. */
export function descriptorOf(socket: Socket): number {
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  const states = socket as unknown as Readonly<Record<symbol, { readonly handle: { readonly fd: number } }>>;
  const fd = state && states[state]?.handle.fd;
  if (fd === undefined) throw new Error('this socket keeps its descriptor elsewhere');
  return fd;
}
