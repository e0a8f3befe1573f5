// One WebSocket to the exchange that comes back by itself: it logs in again, resumes every topic where it was, and
// asks again what may be asked twice.

import { OrderBook } from "./book.js";
import { ApiError, ConnectionLost, ExchangeError } from "./errors.js";
import type { LogIn } from "./log-in.js";
import type { Channels, Operations } from "./messages.js";
import { type Fields, ordersOf, Pending, type Reply } from "./pending.js";
import { Topic, type TopicHandler, type TopicMessage, takesSymbol, topicKey } from "./topics.js";
import { type PlainSocket, type PlainSocketClass, webSocketClass } from "./web-socket.js";

export interface SocketOptions {
  /** The account of the user's that everything is for, by name or number; the main one by default. */
  account?: string;
  /** Whether orders that do not say otherwise end with the connection. */
  cancelOnDisconnect?: boolean;
  /** How long a request may take, reconnecting included. */
  timeoutMs?: number;
  /** The class of WebSocket to use in place of the platform's. */
  webSocket?: PlainSocketClass;
}

/** A topic that is followed: `close` ends it. */
export interface Subscription {
  close(): void;
}

const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 10_000;
const AGAIN_MS = 250;
const REFETCH_MS = 1_100;
const PING_EVERY_MS = 10_000;
const SILENCE_MS = 30_000;
const CLOSED_BAD_TOKEN = 4001;
const NOT_ALLOWED = new Set([401, 403, 404]);

export class ExchangeSocket {
  /** How many connections have been usable so far. */
  connections = 0;
  private readonly topics = new Map<string, Topic>();
  private readonly pending = new Map<number, Pending>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private readonly waiting = new Set<{ resolve(): void; reject(error: Error): void }>();
  private socket: PlainSocket | null = null;
  private token = "";
  private isReady = false;
  private ended: Error | null = null;
  private nextId = 1;
  private pauseMs = FIRST_PAUSE_MS;
  private heardAt = 0;
  private life: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly url: string,
    private readonly logIn: LogIn | null,
    private readonly options: SocketOptions = {},
  ) {}

  /** Connect and log in. Throws ApiError where the log-in is refused; the socket is then ended. */
  async start(): Promise<void> {
    if (this.life === undefined && !this.ended) {
      this.life = setInterval(() => void this.checkLife(), PING_EVERY_MS);
      void this.connect();
    }
    await this.whenReady();
  }

  /** End the connection. What waits for a reply ends with OutcomeUnknown or ConnectionLost. */
  close(): void {
    this.end(new ConnectionLost("the client was closed"));
  }

  /** Send an operation; its reply. Throws ApiError, OutcomeUnknown, ConnectionLost. Orders get a client_order_id
   * unless they have one. */
  async request<Op extends keyof Operations>(
    op: Op,
    fields: Operations[Op]["request"],
  ): Promise<Operations[Op]["reply"]> {
    const sent = withIds(op, fields as Fields);
    await this.whenReady();
    return (await this.ask(op, sent)) as unknown as Operations[Op]["reply"];
  }

  /** Follow a channel: the handler gets every message once and in order, after the first snapshot and across lost
   * connections. Channels of an account, and `statistics:all`, take no symbol. Throws ApiError. */
  async subscribe<C extends keyof Channels>(
    channel: C,
    symbol: string | undefined,
    handler: { onMessage(message: Channels[C]): void; onStale?(): void },
  ): Promise<Subscription> {
    const key = topicKey(channel, symbol);
    const topic = this.topics.get(key) ?? new Topic(channel, symbol);
    const taker = handler as unknown as TopicHandler;
    this.topics.set(key, topic);
    topic.handlers.add(taker);
    const close = () => this.leave(key, topic, taker);
    try {
      await this.whenReady();
      // A new reader needs a snapshot, and those there are miss nothing by it.
      topic.complete = null;
      await this.join(topic);
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  /** The live book of a symbol, once it is there. `close` ends it. */
  async book(symbol: string): Promise<OrderBook & Subscription> {
    const book = new OrderBook(symbol);
    let first: () => void = () => undefined;
    const proved = new Promise<void>((resolve) => {
      first = resolve;
    });
    const subscription = await this.subscribe("book", symbol, {
      onMessage(message) {
        book.apply(message);
        first();
      },
      onStale: () => book.markStale(),
    });
    await proved;
    return Object.assign(book, subscription);
  }

  // --- requests -----------------------------------------------------------------------------------------

  private ask(op: string, fields: Fields): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      const timeoutMs = this.options.timeoutMs ?? 10_000;
      const inTime = this.later(timeoutMs, () => {
        if (this.pending.delete(id)) pending.giveUp(`no reply within ${timeoutMs} ms`);
      });
      const pending = new Pending(id, op, fields, {
        resolve: (reply) => {
          this.forgo(inTime);
          resolve(reply);
        },
        reject: (error) => {
          this.forgo(inTime);
          reject(error);
        },
      });
      this.pending.set(id, pending);
      this.transmit(pending);
    });
  }

  private transmit(pending: Pending): void {
    if (this.socket?.readyState !== 1) return;
    pending.sent();
    this.socket.send(pending.text());
  }

  private async join(topic: Topic): Promise<void> {
    const since = topic.complete;
    try {
      await this.ask("subscribe", { ...topic.names, ...(since !== null && { since }) });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "RATE_LIMITED") throw error;
      await new Promise<void>((resolve) => this.later((error.retryAfterS ?? 1) * 1000 + 100, resolve));
      await this.ask("subscribe", { ...topic.names, ...(since !== null && { since }) });
    }
  }

  private leave(key: string, topic: Topic, handler: TopicHandler): void {
    topic.handlers.delete(handler);
    if (topic.handlers.size > 0 || this.topics.get(key) !== topic) return;
    this.topics.delete(key);
    if (topic.isFollowed && this.isReady) this.ask("unsubscribe", topic.names).catch(() => undefined);
  }

  // --- the connection -----------------------------------------------------------------------------------

  private async connect(): Promise<void> {
    if (this.ended) return;
    try {
      const WebSocketOfPlatform = await webSocketClass(this.options.webSocket);
      if (this.ended) return;
      const socket = new WebSocketOfPlatform(this.url);
      this.socket = socket;
      this.heardAt = performance.now();
      socket.onmessage = (event: { data: unknown }) =>
        this.receive(socket, JSON.parse(String(event.data)) as Fields);
      socket.onclose = (event: { code?: number }) => this.lost(socket, event.code ?? 0);
      socket.onerror = () => undefined;
    } catch (error) {
      this.end(error instanceof Error ? error : new ExchangeError(String(error)));
    }
  }

  /** Log in, resume every topic, ask again; then let requests through. */
  private async restore(socket: PlainSocket): Promise<void> {
    try {
      await this.authenticate();
      for (const topic of [...this.topics.values()]) await this.rejoin(topic);
      for (const pending of this.pending.values()) if (!pending.isQuery) this.transmit(pending);
      this.isReady = true;
      this.connections += 1;
      this.pauseMs = FIRST_PAUSE_MS;
      for (const each of this.waiting) each.resolve();
      this.waiting.clear();
    } catch (error) {
      if (error instanceof ApiError && NOT_ALLOWED.has(error.status) && error.code !== "INVALID_TOKEN")
        this.end(error);
      else socket.close();
    }
  }

  private async authenticate(): Promise<void> {
    if (!this.logIn) return;
    this.token = await this.logIn.token();
    const { account, cancelOnDisconnect } = this.options;
    await this.ask("auth", {
      token: this.token,
      ...(account !== undefined && { account }),
      ...(cancelOnDisconnect !== undefined && { cancel_on_disconnect: cancelOnDisconnect }),
    });
  }

  /** One topic that the exchange refuses must not keep the others from coming back. */
  private async rejoin(topic: Topic): Promise<void> {
    try {
      await this.join(topic);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.topics.delete(topicKey(topic.channel, topic.symbol));
      topic.forget();
    }
  }

  private receive(socket: PlainSocket, message: Fields): void {
    if (socket !== this.socket) return;
    this.heardAt = performance.now();
    if (message.type === "reply") this.take(message as Reply);
    else if (typeof message.channel === "string") this.deliver(message as unknown as TopicMessage);
    else if (message.type === "connected") void this.restore(socket);
    else if (message.type === "ping") socket.send('{"op":"pong"}');
  }

  private take(reply: Reply): void {
    for (const entry of (reply.subscribed as
      | { channel: string; symbol?: string; resumed: boolean }[]
      | undefined) ?? []) {
      this.topics.get(topicKey(entry.channel, entry.symbol))?.subscribed(entry.resumed);
    }
    const pending = this.pending.get(Number(reply.id));
    const next = pending?.take(reply);
    if (pending && next === "over") this.pending.delete(pending.id);
    if (pending && next === "again")
      this.later(AGAIN_MS, () => this.pending.has(pending.id) && this.transmit(pending));
  }

  private deliver(message: TopicMessage): void {
    const symbol = takesSymbol(message.channel) ? message.symbol : undefined;
    const topic = this.topics.get(topicKey(message.channel, symbol));
    if (!topic?.isFollowed) return;
    try {
      topic.accept(message);
    } catch {
      // Missing or wrong: start it over. What comes until then is passed over.
      topic.forget();
      this.later(REFETCH_MS, () => {
        if (this.isReady && this.topics.get(topicKey(topic.channel, symbol)) === topic)
          void this.rejoin(topic).catch(() => undefined);
      });
    }
  }

  private lost(socket: PlainSocket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.isReady = false;
    if (code === CLOSED_BAD_TOKEN) this.logIn?.forget();
    for (const topic of this.topics.values()) topic.lose();
    for (const pending of [...this.pending.values()]) if (pending.lost()) this.pending.delete(pending.id);
    if (this.ended) return;
    this.later(this.pauseMs * (0.5 + Math.random() / 2), () => void this.connect());
    this.pauseMs = Math.min(this.pauseMs * 2, LAST_PAUSE_MS);
  }

  /** A connection lives as long as its token, and one that is silent is dead. */
  private async checkLife(): Promise<void> {
    if (this.socket && performance.now() - this.heardAt > SILENCE_MS) {
      const silent = this.socket;
      silent.close();
      this.lost(silent, 0);
    }
    if (!this.isReady) return;
    try {
      await this.ask("ping", {});
      if (this.logIn && (await this.logIn.token()) !== this.token) await this.authenticate();
    } catch {
      // There is time left to try again; else the exchange ends the connection.
    }
  }

  private whenReady(): Promise<void> {
    if (this.ended) return Promise.reject(this.ended);
    if (this.isReady) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const inTime = this.later(this.options.timeoutMs ?? 10_000, () => {
        if (this.waiting.delete(each)) reject(new ConnectionLost(`no connection to ${this.url}`));
      });
      const each = { resolve: () => resolve(this.forgo(inTime)), reject: (error: Error) => reject(error) };
      this.waiting.add(each);
    });
  }

  /** For good. */
  private end(error: Error): void {
    if (this.ended) return;
    this.ended = error;
    this.isReady = false;
    clearInterval(this.life);
    for (const timer of this.timers) clearTimeout(timer);
    for (const each of this.waiting) each.reject(error);
    for (const pending of this.pending.values()) pending.giveUp(error.message, error);
    for (const topic of this.topics.values()) topic.lose();
    this.waiting.clear();
    this.pending.clear();
    this.topics.clear();
    this.socket?.close(1000);
    this.socket = null;
  }

  private later(afterMs: number, work: () => unknown): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, afterMs);
    this.timers.add(timer);
    return timer;
  }

  private forgo(timer: ReturnType<typeof setTimeout>): void {
    clearTimeout(timer);
    this.timers.delete(timer);
  }
}

/** The request with an id for each order that has none: then it can be asked again. */
function withIds(op: string, fields: Fields): Fields {
  const sent = structuredClone(fields);
  for (const order of ordersOf(op, sent)) order.client_order_id ??= crypto.randomUUID();
  return sent;
}
