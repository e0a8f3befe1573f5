import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import styles from "./Popover.module.css";

interface PopoverProps {
  /** What the button says to people who do not see it. */
  label: string;
  /** What stands on the button. */
  button: React.ReactNode;
  className?: string | undefined;
  testId?: string;
  /** A key (such as "/") that opens it from anywhere outside a field. */
  shortcut?: string;
  children: (close: () => void) => React.ReactNode;
}

const MARGIN = 8;

/** A button that opens a small panel under itself. Escape, a click elsewhere and `close` end it. */
export function Popover({ label, button, className, testId, shortcut, children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const close = useCallback(() => {
    setOpen(false);
    anchor.current?.focus();
  }, []);
  useOutside(open, [anchor, panel], close, () => setOpen(false));
  useShortcut(shortcut, () => setOpen(true));
  useLayoutEffect(() => {
    if (open && anchor.current && panel.current) place(anchor.current, panel.current);
  }, [open]);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div ref={panel} className={styles.panel} role="dialog" aria-label={label} data-testid={testId && `${testId}-panel`}>
          {children(close)}
        </div>
      )}
    </>
  );
}

/** Under the button, wholly inside the window. */
function place(anchor: HTMLElement, panel: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const left = Math.min(at.left, window.innerWidth - panel.offsetWidth - MARGIN);
  const top = Math.min(at.bottom + 4, window.innerHeight - panel.offsetHeight - MARGIN);
  panel.style.left = `${Math.max(MARGIN, left)}px`;
  panel.style.top = `${Math.max(MARGIN, top)}px`;
}

function useOutside(
  open: boolean,
  inside: readonly React.RefObject<HTMLElement | null>[],
  close: () => void,
  leave: () => void,
): void {
  useEffect(() => {
    if (!open) return undefined;
    const onDown = (event: PointerEvent) => {
      if (!inside.some((part) => part.current?.contains(event.target as Node))) leave();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    document.addEventListener("pointerdown", onDown, true);
    document.addEventListener("keydown", onKey, true);
    window.addEventListener("resize", leave);
    return () => {
      document.removeEventListener("pointerdown", onDown, true);
      document.removeEventListener("keydown", onKey, true);
      window.removeEventListener("resize", leave);
    };
    // The refs and callbacks stay the same while it is open.
  }, [open]);
}

function useShortcut(key: string | undefined, act: () => void): void {
  useEffect(() => {
    if (!key) return undefined;
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select, [contenteditable]");
      if (event.key !== key || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [key]);
}
