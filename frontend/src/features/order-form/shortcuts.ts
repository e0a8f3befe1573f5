import { useEffect } from "react";
import type { Side } from "./draft";

interface Shortcuts {
  onSide: (side: Side) => void;
  onClear: () => void;
}

/** B and S choose the side, Esc empties the form; not while a person writes words or a dialog is open. */
export function useShortcuts({ onSide, onClear }: Shortcuts): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (document.querySelector("dialog[open]") || writesWords(event.target)) return;
      const key = event.key.toLowerCase();
      // A Korean keyboard sends ㅠ and ㄴ from the same keys.
      if (key === "b" || event.code === "KeyB") onSide("buy");
      else if (key === "s" || event.code === "KeyS") onSide("sell");
      else if (event.key === "Escape") onClear();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [onSide, onClear]);
}

/** Letters mean something there: any field but those for numbers. */
function writesWords(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) {
    const wordless = ["checkbox", "radio", "button"].includes(target.type);
    return !wordless && !["decimal", "numeric"].includes(target.inputMode);
  }
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
