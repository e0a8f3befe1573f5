// What moves money goes under an id of the page's own, so that it moves it once however often it is sent.

import { useRef } from "react";
import { failureOf } from "@/shared/errors";
import { newClientOrderId } from "./trading";

/** Gives ids to what a person sends: the same wish keeps its id while its outcome is not known. */
export class SentOnce {
  private open: { wish: string; id: string } | null = null;

  idOf(wish: object): string {
    const text = JSON.stringify(wish);
    if (this.open?.wish !== text) this.open = { wish: text, id: newClientOrderId() };
    return this.open.id;
  }

  /** Its outcome, `error` null: it was taken. The next one is another one, even if it says the same. */
  settled(error: unknown): void {
    if (error === null || failureOf(error).code !== "OUTCOME_UNKNOWN") this.open = null;
  }
}

/** One of a component, for as long as it is on show. */
export function useSentOnce(): SentOnce {
  const made = useRef<SentOnce | null>(null);
  made.current ??= new SentOnce();
  return made.current;
}
