/** Who has which device, so that no two sources fight over one that serves one client only. */
export class DeviceClaims {
  readonly #holders = new Map<string, { readonly holder: object; readonly label: string }>();

  /**
   * Takes a device.
   * @returns whose it is when it is somebody else's already
   */
  take(device: string, holder: object, label: string): string | undefined {
    const claim = this.#holders.get(device);
    if (claim !== undefined && claim.holder !== holder) return claim.label;
    this.#holders.set(device, { holder, label });
    return undefined;
  }

  /** Gives it back; does nothing when it is somebody else's. */
  release(device: string, holder: object): void {
    if (this.#holders.get(device)?.holder === holder) this.#holders.delete(device);
  }
}

/** Those of this program. */
export const deviceClaims = new DeviceClaims();
