/** A WebSocket whose other side a test is. */
export class FakeSocket extends EventTarget {
  readonly OPEN = 1;
  readonly url: string;
  readonly sent: { readonly action: string; readonly message: string }[] = [];
  readyState = 0;

  constructor(url: string) {
    super();
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { action: string; message: string });
  }

  close(): void {
    this.readyState = 3;
  }

  /** It opens. */
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  /** The server says something. */
  say(action: string, message: unknown): void {
    this.sayRaw(
      JSON.stringify({ action, message: typeof message === 'string' ? message : JSON.stringify(message) }),
    );
  }

  /** The server says any text. */
  sayRaw(text: string): void {
    this.dispatchEvent(new MessageEvent('message', { data: text }));
  }

  /** The connection ends. */
  vanish(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }));
  }
}
