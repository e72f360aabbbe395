/** A `SourceBuffer` whose operations end when the test says so. */
export class FakeSourceBuffer extends EventTarget {
  updating = false;
  readonly operations: string[] = [];
  /** Thrown by the next append. */
  refusal: DOMException | undefined;
  buffered = { length: 0, start: () => 0, end: () => 0 };

  appendBuffer(bytes: Uint8Array): void {
    if (this.refusal) {
      const { refusal } = this;
      this.refusal = undefined;
      throw refusal;
    }
    this.#begin(`append ${[...bytes].join(' ')}`);
  }

  changeType(mimeType: string): void {
    this.operations.push(`type ${mimeType}`);
  }

  remove(start: number, end: number): void {
    this.#begin(`remove ${start} ${end}`);
  }

  /** The operation under way ends. */
  finish(): void {
    this.updating = false;
    this.dispatchEvent(new Event('updateend'));
  }

  #begin(operation: string): void {
    if (this.updating) throw new DOMException('busy', 'InvalidStateError');
    this.updating = true;
    this.operations.push(operation);
  }
}
