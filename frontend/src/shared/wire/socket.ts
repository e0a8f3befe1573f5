// One WebSocket to the exchange that comes back by itself. Everything that must survive its loss is
// kept here: whose page this is, and (in its topics) what is wanted of the exchange.

import { ApiFailure, UNREACHABLE } from "./api";
import { NOT_OWN } from "./own-user";
import { Parts } from "./parts";
import { type FollowOptions, type Reply, type TopicHandler, Topics } from "./topics";
import type { Message } from "./types";

/** `ended`: for good, since the page is another user's than the one who is logged in. */
type ConnectionState = "connecting" | "live" | "reconnecting" | "ended";
export interface ConnectionStatus {
  state: ConnectionState;
  /** Round trip of the last ping in milliseconds, null before the first. */
  latencyMs: number | null;
  /** When the last message arrived, for "data from …" while reconnecting. */
  lastMessageAt: number | null;
  /** The wire code with which the exchange refuses to send something that is on show; null: all of it comes. */
  refusal: string | null;
  venue: VenueStatus;
}

/** How the venue is: cancels only, since its disks are nearly full; sources whose data are no longer renewed. */
export interface VenueStatus {
  cancelOnly: boolean;
  stale: readonly string[];
}

const ALL_WELL: VenueStatus = { cancelOnly: false, stale: [] };

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: ApiFailure): void;
}

const FIRST_PAUSE_MS = 300;
const LAST_PAUSE_MS = 5_000;
/** What a page does first would be taken for the distance to the exchange. */
const FIRST_PING_AFTER_MS = 1_000;
const PING_EVERY_MS = 5_000;
const SILENCE_LIMIT_MS = 15_000;

/** Whether a connection may be used: its account as the exchange names it, null for a visitor's, empty where the
 * page's account is none of the user's who is logged in. */
export type Admit = (account: string | null) => boolean;

export class ExchangeSocket {
  private socket: WebSocket | null = null;
  private readonly topics = new Topics(
    (message) => this.send(message),
    () => this.setStatus({ refusal: this.topics.refusal }),
  );
  private readonly pings = new Map<number, number>();
  private readonly waiting = new Map<number, Waiting>();
  /** Long replies of which not all has come. */
  private readonly replyParts = new Map<number, Parts>();
  private readonly listeners = new Set<() => void>();
  private nextId = 1;
  private pauseMs = FIRST_PAUSE_MS;
  private timer: ReturnType<typeof setInterval> | undefined;
  private admit: Admit = () => true;
  /** The number of the account that the page is for; empty: it has none. */
  private account = "";
  /** Nothing is sent before the exchange has named the account. */
  private isGreeted = false;
  private isEnded = false;
  private current: ConnectionStatus = {
    state: "connecting",
    latencyMs: null,
    lastMessageAt: null,
    refusal: null,
    venue: ALL_WELL,
  };

  constructor(private readonly url: string) {}

  /** Connect for an account, and again whenever the connection is lost. A connection that `admit` refuses is
   * closed, for good. */
  start(admit: Admit = () => true, account = ""): void {
    this.admit = admit;
    this.account = account;
    this.isEnded = false;
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

  /** True as soon as the connection is live; false when it is not within the time, or never will be. */
  whenLive(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.current.state === "live") settle(true);
        else if (this.isEnded) settle(false);
      };
      const settle = (isLive: boolean) => {
        clearTimeout(timer);
        stop();
        resolve(isLive);
      };
      const timer = setTimeout(() => settle(false), withinMs);
      const stop = this.onStatus(look);
      look();
    });
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
  follow(
    channel: string,
    symbol: string | null,
    handler: TopicHandler,
    options: FollowOptions = {},
  ): () => void {
    return this.topics.follow(channel, symbol, handler, options);
  }

  /** Whether the exchange sends a topic; false also while one of a list waits for room. */
  carries(channel: string, symbol: string | null): boolean {
    return this.topics.carries(channel, symbol);
  }

  private connect(): void {
    if (this.isEnded) return;
    const socket = new WebSocket(this.account === "" ? this.url : `${this.url}?account=${this.account}`);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.socket === socket) this.receive(JSON.parse(event.data));
    };
    socket.onclose = () => this.reconnectLater(socket);
  }

  /** The exchange's first message: from here on the connection is used, if it is that of this page's user. */
  private onGreeting(account: string | null): void {
    if (!this.admit(account)) {
      this.stop();
      return;
    }
    this.isGreeted = true;
    this.pauseMs = FIRST_PAUSE_MS;
    this.topics.connected();
    // What is not well is said right after the greeting.
    this.setStatus({ state: "live", venue: ALL_WELL });
    setTimeout(() => this.ping(), FIRST_PING_AFTER_MS);
  }

  private reconnectLater(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.lose();
    setTimeout(() => this.connect(), this.pauseMs * (1 + Math.random() / 2));
    this.pauseMs = Math.min(LAST_PAUSE_MS, this.pauseMs * 2);
  }

  /** The connection is gone, with the answers that were on their way. */
  private lose(): void {
    this.socket = null;
    this.isGreeted = false;
    this.pings.clear();
    for (const { reject } of this.waiting.values()) reject(new ApiFailure("OUTCOME_UNKNOWN", 504));
    this.waiting.clear();
    this.replyParts.clear();
    this.topics.disconnected();
    const again = this.current.lastMessageAt ? "reconnecting" : "connecting";
    const state = this.isEnded ? "ended" : again;
    this.setStatus({ state, latencyMs: null, refusal: null });
  }

  private heartbeat(): void {
    const quietMs = Date.now() - (this.current.lastMessageAt ?? Date.now());
    if (this.socket?.readyState === WebSocket.OPEN && quietMs > SILENCE_LIMIT_MS) {
      // The network went away unnoticed: do not wait for the operating system to notice.
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

  private send(message: Record<string, unknown>): number | null {
    if (!this.isGreeted || this.socket?.readyState !== WebSocket.OPEN) return null;
    const id = this.nextId++;
    this.socket.send(JSON.stringify({ ...message, id }));
    return id;
  }

  private receive(message: Message & Record<string, unknown>): void {
    this.current = { ...this.current, lastMessageAt: Date.now() };
    const type: string = message.type;
    if (typeof message.channel === "string") this.topics.deliver(message);
    else if (type === "ping") this.send({ op: "pong" });
    else if (type === "venue") {
      const { cancel_only, stale } = message as unknown as { cancel_only: boolean; stale: string[] };
      this.setStatus({ venue: { cancelOnly: cancel_only, stale } });
    } else if (type === "reply") this.onReply(message as unknown as Reply);
    else if (type === "connected") this.onGreeting((message.account as string | null | undefined) ?? null);
    else if (type === "error" && message.error === NOT_OWN) this.onGreeting("");
  }

  private onReply(part: Reply): void {
    const reply = this.joined(part);
    if (reply === null || this.topics.takeReply(reply)) return;
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

  /** A reply that came in parts, once it is whole. */
  private joined(reply: Reply): Reply | null {
    const parts = this.replyParts.get(reply.id) ?? new Parts();
    const whole = parts.take(reply);
    if (whole) this.replyParts.delete(reply.id);
    else this.replyParts.set(reply.id, parts);
    return whole;
  }

  private setStatus(change: Partial<ConnectionStatus>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }

  /** End it: the page is another user's, or a test or hot reloading makes a new one. */
  stop(): void {
    clearInterval(this.timer);
    const socket = this.socket;
    this.isEnded = true;
    this.lose();
    socket?.close();
  }
}
