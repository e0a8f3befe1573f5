/** The browser's end of a connection, driven by the test. */
export class Line {
  static OPEN = 1;
  static lines: Line[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;

  constructor(readonly url: string) {
    Line.lines.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.readyState = 3;
    this.onclose();
  }
  open(): void {
    this.readyState = Line.OPEN;
    this.onopen();
  }
  /** Open, and greeted as the exchange greets. */
  greet(account: string | null = null): void {
    this.open();
    this.message({ type: "connected", account });
  }
  message(message: object): void {
    this.onmessage({ data: JSON.stringify(message) });
  }
  push(sequence: number, prevSequence: number | null): void {
    const message = {
      type: "trade",
      channel: "trades",
      symbol: "AAPL",
      sequence,
      prev_sequence: prevSequence,
    };
    this.message(message);
  }
  /** The answer to a message that was sent. */
  reply(message: Record<string, unknown>, answer: Record<string, unknown> = { ok: true }): void {
    this.message({ type: "reply", id: message.id, ...answer });
  }
  /** What was sent of an operation. */
  of(op: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message.op === op);
  }
  subscriptions(): Record<string, unknown>[] {
    return this.sent.filter((message) => message.op === "subscribe");
  }
}
