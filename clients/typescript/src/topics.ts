// Where one topic stands: the last sequence seen, and whether what comes follows it.

import { Parts } from "./parts.js";

/** What every message of a topic has. */
export interface TopicMessage {
  type: string;
  channel: string;
  symbol?: string;
  sequence: number;
  prev_sequence: number | null;
  timestamp: number;
  part?: number;
  parts?: number;
}

export interface TopicHandler {
  /** A message that was proved to be the next, or a whole snapshot. May throw: the topic is then fetched anew. */
  onMessage(message: TopicMessage): void;
  /** Messages may be missing until the next one. */
  onStale?(): void;
}

const PRIVATE_CHANNELS: ReadonlySet<string> = new Set(["orders", "fills", "balances"]);
/** Channels that take no symbol. */
const WHOLE_CHANNELS: ReadonlySet<string> = new Set([...PRIVATE_CHANNELS, "statistics:all"]);

export function takesSymbol(channel: string): boolean {
  return !WHOLE_CHANNELS.has(channel);
}

export function topicKey(channel: string, symbol: string | undefined): string {
  return takesSymbol(channel) ? `${channel} ${symbol}` : channel;
}

export class Gap extends Error {}

/** Messages of one command share its sequence and are numbered `part` of `parts`, as the parts of a long snapshot
 * are. Only whole groups count for resumption. */
export class Topic {
  readonly handlers = new Set<TopicHandler>();
  /** The sequence to resume after; null where nothing can be. */
  complete: number | null = null;
  isFollowed = false;
  private last: number | null = null;
  private left = 0;
  private isResumed = false;
  private parts = new Parts();

  constructor(
    readonly channel: string,
    readonly symbol: string | undefined,
  ) {}

  get names(): { channels: string[]; symbols?: string[] } {
    const { channel, symbol } = this;
    return {
      channels: [channel],
      ...(takesSymbol(channel) && symbol !== undefined && { symbols: [symbol] }),
    };
  }

  /** The exchange has answered the subscription. */
  subscribed(resumed: boolean): void {
    this.isFollowed = true;
    this.isResumed = resumed;
    this.last = resumed ? this.complete : null;
    this.left = 0;
    this.parts = new Parts();
  }

  /** The connection broke. */
  lose(): void {
    this.isFollowed = false;
    this.last = null;
    for (const handler of this.handlers) handler.onStale?.();
  }

  /** Fetch the topic anew: nothing of it can be trusted. */
  forget(): void {
    this.complete = null;
    this.lose();
  }

  /** Prove a message and hand it on. Throws Gap, or what a handler throws. */
  accept(message: TopicMessage): void {
    const starts = message.prev_sequence === null;
    if (!starts && this.last === null) return;
    if (!starts) this.prove(message);
    this.last = message.sequence;
    this.left = (message.parts ?? 1) - (message.part ?? 1);
    this.isResumed = false;
    const whole = message.type.endsWith("_snapshot") ? this.parts.take(message) : message;
    if (whole) for (const handler of [...this.handlers]) handler.onMessage(whole);
    if (this.left === 0) this.complete = message.sequence;
  }

  private prove(message: TopicMessage): void {
    const previous = message.prev_sequence ?? -1;
    const last = this.last ?? -1;
    const isFirst = (message.part ?? 1) === 1;
    if (this.isResumed && isFirst && previous <= last && last <= message.sequence) return;
    const expected = isFirst ? 0 : (message.parts ?? 1) - (message.part ?? 1) + 1;
    if (previous !== last || this.left !== expected) {
      throw new Gap(`${this.channel}: expected a message after ${last}, not after ${previous}`);
    }
  }
}
