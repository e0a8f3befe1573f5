// How topics are named in requests.

/** Names of a request, by the exchange's limits. */
export const NAMES_A_REQUEST = 100;

interface Named {
  readonly channel: string;
  /** Null for topics that have none: an account's, and those of all symbols. */
  readonly symbol: string | null;
}

export function topicKey(channel: string, symbol: string | null | undefined): string {
  return `${channel} ${symbol ?? ""}`;
}

export function byChannel<T extends Named>(topics: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const topic of topics) {
    const group = groups.get(topic.channel);
    if (group) group.push(topic);
    else groups.set(topic.channel, [topic]);
  }
  return [...groups.values()];
}

/** Topics by request: of one channel, and no more names than the exchange takes. */
export function requests<T extends Named>(topics: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (const group of byChannel(topics))
    for (let at = 0; at < group.length; at += NAMES_A_REQUEST)
      parts.push(group.slice(at, at + NAMES_A_REQUEST));
  return parts;
}

/** The names of a request; some channels take no symbols, not even none. */
export function named(topics: readonly Named[]): Record<string, unknown> {
  const channels = [topics[0]!.channel];
  const symbols = topics.flatMap(({ symbol }) => (symbol === null ? [] : [symbol]));
  return symbols.length === 0 ? { channels } : { channels, symbols };
}
