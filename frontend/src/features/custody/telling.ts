// What is told about a withdrawal or a deposit: the keys of namespace `custody`, by state.

import type { Withdrawal } from "./wire";

/** Where things stand, by colour and for the eye: `waits` asks something of the customer. */
export type Mood = "waits" | "runs" | "good" | "bad" | "over";

const MOODS: Readonly<Record<string, Mood>> = {
  unconfirmed: "waits",
  paid: "good",
  credited: "good",
  refused: "bad",
  rejected: "bad",
  ended: "over",
};

/** The mood of a state of a withdrawal or deposit; what is under way `runs`. */
export function moodOf(state: string): Mood {
  return MOODS[state] ?? "runs";
}

const ENDS: ReadonlySet<string> = new Set(["refused", "paid", "ended"]);

/** Whether nothing more will happen to the withdrawal by itself. */
export function isOver({ state }: Pick<Withdrawal, "state">): boolean {
  return ENDS.has(state);
}

/** Ends that somebody gives a reason for. */
const REASONED: ReadonlySet<string> = new Set(["declined", "failed"]);

/** Keys of the sentences that say, one after the other, what has become of a withdrawal. `isManual`: the
 * exchange's own people pay it. */
export function sentencesOf(
  { state, end, end_reason }: Pick<Withdrawal, "state" | "end" | "end_reason">,
  isManual: boolean,
): string[] {
  if (state === "ended" || state === "releasing") {
    const isBare = REASONED.has(end ?? "") && !end_reason;
    return [`ends.${end}${isBare ? "_bare" : ""}`, state === "ended" ? "givenBack" : "beingGivenBack"];
  }
  if (state === "sent") return [isManual ? "states.sentByHand" : "states.sent"];
  return [`states.${state}`];
}
