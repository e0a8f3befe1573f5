// Which topics the page wants, which of them the exchange is asked for, and whether what arrives is complete.
//
// The exchange takes at most 100 names a request and 500 topics a connection. Topics of lists ("listed") share
// what the topics of the market on show leave; those without room wait, and their readers poll instead.

import { Parts } from "./parts";
import { byChannel, named, requests, topicKey } from "./topic-requests";
import type { Message } from "./types";

export interface TopicHandler {
  /** A message that was proven to follow the one before (or that starts the topic anew). May throw:
   * the topic is then fetched anew. */
  onMessage(message: Message & Record<string, unknown>): void;
  /** Messages may be missing from here until the next snapshot. */
  onStale?(): void;
}

export interface FollowOptions {
  /** One of a list of many, which may have to wait for room. */
  listed?: boolean;
}

export interface Reply {
  id: number;
  ok: boolean;
  error?: string;
  status?: number;
  details?: Record<string, unknown>;
}

interface Topic {
  readonly key: string;
  readonly channel: string;
  /** Null for the private channels, which are the account's, and for those of all symbols. */
  readonly symbol: string | null;
  /** Each handler, and whether it is one of a list. */
  readonly handlers: Map<TopicHandler, boolean>;
  /** Of a long snapshot, what has come so far. */
  readonly parts: Parts;
  lastSequence: number | null;
}

const PRIVATE_CHANNELS: ReadonlySet<string> = new Set(["orders", "fills", "balances"]);
/** Topics of a connection, by the exchange's limits, of which the market on show needs few. */
export const MOST_TOPICS = 500;
const MOST_LISTED = 460;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

type Send = (message: Record<string, unknown>) => number | null;

export class Topics {
  private readonly wanted = new Map<string, Topic>();
  /** What the exchange was asked for on this connection, by key. */
  private readonly carried = new Map<string, Topic>();
  private readonly asked = new Map<number, readonly Topic[]>();
  private readonly refusals = new Map<string, string>();
  private readonly anew = new Set<string>();
  private mostListed = MOST_LISTED;
  private lastAsked = 0;
  /** The last request before the lists got less room. */
  private shrunkAt = 0;
  private isConnected = false;
  private isScheduled = false;
  private retryMs = FIRST_RETRY_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly send: Send,
    private readonly onRefusals: () => void,
  ) {}

  /** The wire code of a topic that the exchange refused; null while every wanted one is served. */
  get refusal(): string | null {
    return this.refusals.values().next().value ?? null;
  }

  /** Whether the exchange sends a topic, so that nobody needs to poll for it. */
  carries(channel: string, symbol: string | null): boolean {
    const key = topicKey(channel, symbol);
    return this.carried.has(key) && !this.refusals.has(key);
  }

  /** A new reader starts the topic over, so that it gets a snapshot. Requests of one moment go out together. */
  follow(
    channel: string,
    symbol: string | null,
    handler: TopicHandler,
    options: FollowOptions = {},
  ): () => void {
    const key = topicKey(channel, symbol);
    const topic = this.wanted.get(key) ?? newTopic(key, channel, symbol);
    this.wanted.set(key, topic);
    topic.handlers.set(handler, options.listed ?? false);
    topic.lastSequence = null;
    this.anew.add(key);
    this.schedule();
    return () => {
      topic.handlers.delete(handler);
      if (topic.handlers.size === 0 && this.wanted.get(key) === topic) {
        this.wanted.delete(key);
        this.forgive(key);
      }
      this.schedule();
    };
  }

  connected(): void {
    this.isConnected = true;
    this.mostListed = MOST_LISTED;
    this.retryMs = FIRST_RETRY_MS;
    this.update();
  }

  disconnected(): void {
    this.isConnected = false;
    clearTimeout(this.retry);
    this.retry = undefined;
    this.carried.clear();
    this.asked.clear();
    this.anew.clear();
    this.refusals.clear();
    for (const topic of this.wanted.values()) stale(topic);
  }

  /** Hand over a message that follows; start the topic again when one is missing. */
  deliver(message: Message & Record<string, unknown>): void {
    const symbol = PRIVATE_CHANNELS.has(message.channel) ? null : message.symbol;
    const topic = this.wanted.get(topicKey(message.channel, symbol));
    if (!topic) return;
    const startsAnew = message.prev_sequence === null;
    // After a lost connection or a gap, what comes before the snapshot proves nothing.
    if (!startsAnew && topic.lastSequence === null) return;
    // The messages of one engine command share its sequence.
    const follows = message.prev_sequence === topic.lastSequence || message.sequence === topic.lastSequence;
    try {
      if (!startsAnew && !follows) throw new Error(`gap after ${topic.lastSequence}`);
      topic.lastSequence = message.sequence;
      const whole = message.type.endsWith("_snapshot") ? topic.parts.take(message) : message;
      if (whole) for (const handler of topic.handlers.keys()) handler.onMessage(whole);
    } catch (error) {
      console.warn(`${message.channel} ${message.symbol}: fetched anew`, error);
      stale(topic);
      this.ask([topic]);
    }
  }

  /** Take the reply to a subscription; false for any other reply. */
  takeReply(reply: Reply): boolean {
    const topics = this.asked.get(reply.id);
    if (!topics) return false;
    this.asked.delete(reply.id);
    if (reply.ok) for (const topic of topics) this.forgive(topic.key);
    else this.refused(topics, reply);
    return true;
  }

  // --- asking ----------------------------------------------------------------------------------------

  private schedule(): void {
    if (this.isScheduled || !this.isConnected) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      this.update();
    });
  }

  /** Leave what is not wanted any more, ask for what is wanted and has room. */
  private update(): void {
    if (!this.isConnected) return;
    const chosen = this.chosen();
    const left = [...this.carried.values()].filter(({ key }) => !chosen.has(key));
    for (const topic of left) this.carried.delete(topic.key);
    for (const part of requests(left)) this.send({ op: "unsubscribe", ...named(part) });
    const isDue = (key: string) => !this.carried.has(key) && !this.refusals.has(key);
    this.ask([...chosen.values()].filter(({ key }) => isDue(key) || this.anew.has(key)));
    this.anew.clear();
  }

  /** The topics to be carried: all of the market on show, and of the lists as many as there is room for, each
   * channel its share. */
  private chosen(): Map<string, Topic> {
    const all = [...this.wanted.values()];
    const listed = all.filter(isListed);
    const chosen = all.filter((topic) => !isListed(topic));
    if (listed.length <= this.mostListed) return byKey([...chosen, ...listed]);
    const groups = byChannel(listed);
    const share = Math.floor(this.mostListed / groups.length);
    for (const group of groups) chosen.push(...group.slice(0, share));
    return byKey(chosen);
  }

  private ask(topics: readonly Topic[]): void {
    for (const part of requests(topics)) {
      const id = this.send({ op: "subscribe", ...named(part) });
      if (id === null) continue;
      this.asked.set(id, part);
      this.lastAsked = id;
      for (const topic of part) this.carried.set(topic.key, topic);
    }
  }

  // --- what was refused ------------------------------------------------------------------------------

  private refused(topics: readonly Topic[], reply: Reply): void {
    const still = topics.filter(({ key }) => this.wanted.has(key));
    const code = reply.error ?? "INTERNAL";
    if (code === "TOO_MANY_SUBSCRIPTIONS" && this.mostListed > 0) {
      this.makeRoom(still, reply);
      return;
    }
    // One bad name refuses them all: halve until it stands alone.
    if (still.length > 1 && (reply.status ?? 500) < 500) {
      const middle = Math.ceil(still.length / 2);
      this.ask(still.slice(0, middle));
      this.ask(still.slice(middle));
      return;
    }
    for (const topic of still) {
      this.carried.delete(topic.key);
      this.refusals.set(topic.key, code);
      stale(topic);
    }
    this.onRefusals();
    this.retryLater();
  }

  /** The exchange takes fewer topics than we thought: the lists get less. */
  private makeRoom(topics: readonly Topic[], { id, details }: Reply): void {
    // What was asked before the lists got less says nothing about what they have now.
    if (id > this.shrunkAt) {
      const most = Number(details?.maximum ?? MOST_TOPICS) - (MOST_TOPICS - MOST_LISTED);
      this.mostListed = Math.max(0, most < this.mostListed ? most : Math.floor(this.mostListed / 2));
      this.shrunkAt = this.lastAsked;
    }
    for (const topic of topics) {
      this.carried.delete(topic.key);
      stale(topic);
    }
    this.schedule();
  }

  private retryLater(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
      for (const key of this.refusals.keys()) this.anew.add(key);
      this.update();
    }, this.retryMs);
  }

  private forgive(key: string): void {
    if (this.refusals.delete(key)) this.onRefusals();
  }
}

function newTopic(key: string, channel: string, symbol: string | null): Topic {
  return { key, channel, symbol, handlers: new Map(), parts: new Parts(), lastSequence: null };
}

function stale(topic: Topic): void {
  topic.lastSequence = null;
  for (const handler of topic.handlers.keys()) handler.onStale?.();
}

function isListed(topic: Topic): boolean {
  return [...topic.handlers.values()].every(Boolean);
}

function byKey(topics: readonly Topic[]): Map<string, Topic> {
  return new Map(topics.map((topic) => [topic.key, topic]));
}
