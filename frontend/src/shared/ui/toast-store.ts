// The one toast on show and those that wait for it.

import { create } from "zustand";

export type Tone = "plain" | "good" | "bad";

export interface Toast {
  /** A toast with the key of the one on show replaces it: ten fills of an order are one toast. */
  key: string;
  tone: Tone;
  title: string;
  text?: string;
}

interface ToastState {
  shown: Toast | null;
  waiting: readonly Toast[];
  /** Rises with every change of the toast on show, so that its time starts anew. */
  turn: number;
}

const MOST_WAITING = 4;

export const useToasts = create<ToastState>(() => ({ shown: null, waiting: [], turn: 0 }));

/** Show a toast, now or when the one on show has gone. */
export function showToast(toast: Toast): void {
  useToasts.setState((state) => withToast(state, toast));
}

/** Take the toast on show away; the next follows. */
export function dismissToast(): void {
  useToasts.setState(({ waiting: [next, ...rest], turn }) => ({
    shown: next ?? null,
    waiting: rest,
    turn: turn + 1,
  }));
}

/** The state after a toast came. Exported for the tests. */
export function withToast(state: ToastState, toast: Toast): ToastState {
  if (state.shown === null || state.shown.key === toast.key) {
    return { ...state, shown: toast, turn: state.turn + 1 };
  }
  const others = state.waiting.filter((other) => other.key !== toast.key);
  return { ...state, waiting: [...others, toast].slice(-MOST_WAITING) };
}

/** How long a toast stays, in milliseconds: shorter when others wait, longer for a failure. */
export function stayMs(tone: Tone, waiting: number): number {
  const full = tone === "bad" ? 8_000 : 5_000;
  return waiting > 0 ? full / 2 : full;
}
