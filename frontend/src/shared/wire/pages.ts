/** One page of a history, newest first; `next` null: it was the last. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}
