// One WebSocket to the exchange that comes back by itself. Everything that must survive its loss is
// kept here: which topics are wanted, and whether what arrives is complete.

import { ApiFailure, UNREACHABLE } from "./api";
import type { Message } from "./types";

export type ConnectionState = "connecting" | "live" | "reconnecting";
export interface ConnectionStatus {
  state: ConnectionState;
  /** Round trip of the last ping in milliseconds, null before the first. */
  latencyMs: number | null;
  /** When the last message arrived, for "data from …" while reconnecting. */
  lastMessageAt: number | null;
}

export interface TopicHandler {
  /** A message that was proven to follow the one before (or that starts the topic anew). May throw:
   * the topic is then fetched anew. */
  onMessage(message: Message & Record<string, unknown>): void;
  /** Messages may be missing from here until the next snapshot. */
  onStale?(): void;
}

interface Topic {
  channel: string;
  /** Null for the private channels, which are the account's. */
  symbol: string | null;
  readonly handlers: Set<TopicHandler>;
  lastSequence: number | null;
}

interface Reply {
  id: number;
  ok: boolean;
  error?: string;
  status?: number;
  details?: Record<string, unknown>;
}

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: ApiFailure): void;
}

const PRIVATE_CHANNELS: ReadonlySet<string> = new Set(["orders", "fills", "balances"]);
const FIRST_PAUSE_MS = 300;
const LAST_PAUSE_MS = 5_000;
/** What a page does first would be taken for the distance to the exchange. */
const FIRST_PING_AFTER_MS = 1_000;
const PING_EVERY_MS = 5_000;
const SILENCE_LIMIT_MS = 15_000;

export class ExchangeSocket {
  private socket: WebSocket | null = null;
  private readonly topics = new Map<string, Topic>();
  private readonly pings = new Map<number, number>();
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Set<() => void>();
  private nextId = 1;
  private pauseMs = FIRST_PAUSE_MS;
  private timer: ReturnType<typeof setInterval> | undefined;
  private current: ConnectionStatus = { state: "connecting", latencyMs: null, lastMessageAt: null };

  constructor(private readonly url: string) {}

  start(): void {
    this.connect();
    this.timer = setInterval(() => this.heartbeat(), PING_EVERY_MS);
  }

  get status(): ConnectionStatus {
    return this.current;
  }

  onStatus(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Send an operation; its reply, or ApiFailure. What was not answered when the connection broke has an
   * unknown outcome: the caller asks again with the same client order id. */
  request<T>(op: string, fields: Record<string, unknown> = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const id = this.send({ op, ...fields });
      if (id === null) reject(new ApiFailure(UNREACHABLE, 0));
      else this.waiting.set(id, { resolve: resolve as (reply: unknown) => void, reject });
    });
  }

  /** Follow a topic (symbol null: a private one); returns what ends it. A topic has any number of
   * readers; a new one starts it over, so that it gets a snapshot. */
  follow(channel: string, symbol: string | null, handler: TopicHandler): () => void {
    const key = topicKey(channel, symbol);
    const topic: Topic = this.topics.get(key) ?? { channel, symbol, handlers: new Set(), lastSequence: null };
    this.topics.set(key, topic);
    topic.handlers.add(handler);
    topic.lastSequence = null;
    this.subscribe([topic]);
    return () => {
      topic.handlers.delete(handler);
      if (topic.handlers.size > 0) return;
      this.topics.delete(key);
      this.send({ op: "unsubscribe", ...named(channel, symbol === null ? [] : [symbol]) });
    };
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.pauseMs = FIRST_PAUSE_MS;
      this.setStatus({ state: "live" });
      this.subscribe([...this.topics.values()]);
      setTimeout(() => this.ping(), FIRST_PING_AFTER_MS);
    };
    socket.onmessage = (event: MessageEvent<string>) => this.receive(JSON.parse(event.data));
    socket.onclose = () => this.reconnectLater(socket);
  }

  private reconnectLater(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.pings.clear();
    for (const { reject } of this.waiting.values()) reject(new ApiFailure("OUTCOME_UNKNOWN", 504));
    this.waiting.clear();
    this.setStatus({ state: this.current.lastMessageAt ? "reconnecting" : "connecting", latencyMs: null });
    for (const topic of this.topics.values()) {
      topic.lastSequence = null;
      for (const handler of topic.handlers) handler.onStale?.();
    }
    setTimeout(() => this.connect(), this.pauseMs * (1 + Math.random() / 2));
    this.pauseMs = Math.min(LAST_PAUSE_MS, this.pauseMs * 2);
  }

  private heartbeat(): void {
    const quietMs = Date.now() - (this.current.lastMessageAt ?? Date.now());
    if (this.socket?.readyState === WebSocket.OPEN && quietMs > SILENCE_LIMIT_MS) {
      // The network went away without a word: do not wait for the operating system to notice.
      const silent = this.socket;
      silent.close();
      this.reconnectLater(silent);
      return;
    }
    this.ping();
  }

  private ping(): void {
    const id = this.send({ op: "ping" });
    if (id !== null) this.pings.set(id, performance.now());
  }

  private subscribe(topics: Topic[]): void {
    const symbolsOf = new Map<string, string[]>();
    for (const topic of topics) {
      const symbols = topic.symbol === null ? [] : [topic.symbol];
      symbolsOf.set(topic.channel, [...(symbolsOf.get(topic.channel) ?? []), ...symbols]);
    }
    for (const [channel, symbols] of symbolsOf) this.send({ op: "subscribe", ...named(channel, symbols) });
  }

  private send(message: Record<string, unknown>): number | null {
    if (this.socket?.readyState !== WebSocket.OPEN) return null;
    const id = this.nextId++;
    this.socket.send(JSON.stringify({ ...message, id }));
    return id;
  }

  private receive(message: Message & Record<string, unknown>): void {
    this.current = { ...this.current, lastMessageAt: Date.now() };
    const type: string = message.type;
    if (typeof message.channel === "string") this.deliver(message);
    else if (type === "ping") this.send({ op: "pong" });
    else if (type === "reply") this.onReply(message as unknown as Reply);
  }

  private onReply(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (waiting) {
      this.waiting.delete(reply.id);
      if (reply.ok) waiting.resolve(reply);
      else waiting.reject(new ApiFailure(reply.error ?? "INTERNAL", reply.status ?? 500, reply.details));
      return;
    }
    const sentAt = this.pings.get(reply.id);
    if (sentAt === undefined) return;
    this.pings.delete(reply.id);
    this.setStatus({ latencyMs: Math.max(1, Math.round(performance.now() - sentAt)) });
  }

  /** Hand over a message that follows; start the topic again when one is missing. */
  private deliver(message: Message & Record<string, unknown>): void {
    const symbol = PRIVATE_CHANNELS.has(message.channel) ? null : message.symbol;
    const topic = this.topics.get(topicKey(message.channel, symbol));
    if (!topic) return;
    const startsAnew = message.prev_sequence === null;
    // After a lost connection or a gap, what comes before the snapshot proves nothing.
    if (!startsAnew && topic.lastSequence === null) return;
    // The messages of one engine command share its sequence.
    const follows = message.prev_sequence === topic.lastSequence || message.sequence === topic.lastSequence;
    try {
      if (!startsAnew && !follows) throw new Error(`gap after ${topic.lastSequence}`);
      topic.lastSequence = message.sequence;
      for (const handler of topic.handlers) handler.onMessage(message);
    } catch (error) {
      console.warn(`${message.channel} ${message.symbol}: fetched anew`, error);
      topic.lastSequence = null;
      for (const handler of topic.handlers) handler.onStale?.();
      this.subscribe([topic]);
    }
  }

  private setStatus(change: Partial<ConnectionStatus>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }

  /** For tests and hot reloading. */
  stop(): void {
    clearInterval(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}

function topicKey(channel: string, symbol: string | null): string {
  return `${channel} ${symbol ?? ""}`;
}

/** The names of a request; private channels take no symbols, not even none. */
function named(channel: string, symbols: readonly string[]): Record<string, unknown> {
  return symbols.length === 0 ? { channels: [channel] } : { channels: [channel], symbols };
}
