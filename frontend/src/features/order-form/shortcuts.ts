import { useEffect } from "react";
import type { Side } from "@/shared/order-draft/draft";
import { isOverlayOpen } from "@/shared/ui/Popover";

interface Shortcuts {
  onSide: (side: Side) => void;
  onClear: () => void;
}

/** B and S choose the side, Esc empties the form; not while a person writes text or an overlay is open. */
export function useShortcuts({ onSide, onClear }: Shortcuts): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isOverlayOpen() || writesText(event.target)) return;
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
function writesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) {
    const wordless = ["checkbox", "radio", "button"].includes(target.type);
    return !wordless && !["decimal", "numeric"].includes(target.inputMode);
  }
  return (
    target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}
