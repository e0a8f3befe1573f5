// Long messages come in parts; readers get the whole.

type Fields = Record<string, unknown>;

/** The parts of one message that have come so far. Each repeats the message's fields and has its share of the
 * rows of every list. */
export class Parts {
  private whole: Fields = {};
  private part = 0;

  /** The whole message with the last of its parts; null before. Throws for a part out of turn. */
  take<T extends object>(message: T): T | null {
    const { part = 1, parts = 1, ...fields } = message as { part?: number; parts?: number };
    if (parts === 1) return message;
    if (part === 1) this.whole = copied(fields);
    else if (part === this.part + 1) join(this.whole, fields);
    else throw new Error(`part ${part} of ${parts} came after part ${this.part}`);
    this.part = part;
    if (part < parts) return null;
    const whole = this.whole;
    this.whole = {};
    this.part = 0;
    return whole as T;
  }
}

function copied(fields: Fields): Fields {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

function join(whole: Fields, fields: Fields): void {
  for (const [name, rows] of Object.entries(whole)) {
    const more = fields[name];
    if (!Array.isArray(rows) || !Array.isArray(more)) continue;
    for (const row of more) rows.push(row);
  }
}
