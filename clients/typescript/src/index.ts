// The TypeScript client of xTrader. Start at `Exchange`.

import { type Credentials, LogIn } from "./log-in.js";
import { createRest, type Rest } from "./rest.js";
import { ExchangeSocket, type SocketOptions } from "./socket.js";

export { BookOutOfStep, bookChecksum, type Level, OrderBook } from "./book.js";
export { compareDecimals, fromUnits, toUnits } from "./decimals.js";
export { ApiError, ConnectionLost, ExchangeError, OutcomeUnknown } from "./errors.js";
export type { Credentials } from "./log-in.js";
export type { Channels, Messages, Operations } from "./messages.js";
export type { Rest } from "./rest.js";
export type { components, operations, paths } from "./schema.js";
export { ExchangeSocket, type SocketOptions, type Subscription } from "./socket.js";
export type { PlainSocket, PlainSocketClass } from "./web-socket.js";

export interface ExchangeOptions extends SocketOptions {
  /** Without them there is public data only. */
  credentials?: Credentials;
}

/** An exchange, by its address (`http://host:port` or `https://…`): every REST call, and one WebSocket. */
export class Exchange {
  readonly rest: Rest;
  readonly socket: ExchangeSocket;
  private readonly logIn: LogIn | null;

  constructor(url: string, options: ExchangeOptions = {}) {
    const base = url.replace(/\/+$/, "");
    const { credentials, ...ofSocket } = options;
    this.logIn = credentials ? new LogIn(base, credentials) : null;
    this.rest = createRest(base, this.logIn, options.account ?? null);
    this.socket = new ExchangeSocket(`${base.replace(/^http/, "ws")}/ws`, this.logIn, ofSocket);
  }

  /** Connect and log in. Throws ApiError, ConnectionLost. */
  async start(): Promise<this> {
    await this.socket.start();
    return this;
  }

  /** End the connection and the log-in. */
  async close(): Promise<void> {
    this.socket.close();
    await this.logIn?.revoke().catch(() => undefined);
  }
}
