import { type RefObject, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import styles from "./Popover.module.css";

interface PopoverProps {
  /** The accessible name of the button and of the panel. */
  label: string;
  /** What stands on the button. */
  button: React.ReactNode;
  className?: string | undefined;
  testId?: string;
  /** A key (such as "/") that opens it from anywhere outside a field. */
  shortcut?: string;
  children: (close: () => void) => React.ReactNode;
}

const MARGIN_PX = 8;

/** A button that opens a small panel under itself: a popover of the browser, which closes it by Escape, by a
 * click elsewhere and by the button, and puts it above all else, dialogs included. */
export function Popover({ label, button, className, testId, shortcut, children }: PopoverProps) {
  const anchor = useRef<HTMLButtonElement>(null);
  const id = useId();
  const { opening, isOpen, open, close, onClosed } = useOpening(id, anchor);
  useShortcut(shortcut, open);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={opening !== null}
        data-testid={testId}
        popoverTarget={id}
        onClick={(event) => {
          // The browser closes the panel; to be opened it has to be made first.
          if (isOpen()) return;
          event.preventDefault();
          open();
        }}
      >
        {button}
      </button>
      {opening !== null && (
        <Panel key={opening} id={id} label={label} anchor={anchor} testId={testId} onClosed={onClosed}>
          {children(close)}
        </Panel>
      )}
    </>
  );
}

/** Each opening has a panel of its own, because the browser reports a closed panel some time after it has
 * closed it. `opening` is the number of the present one; null while closed. */
function useOpening(id: string, anchor: RefObject<HTMLButtonElement | null>) {
  const [opening, setOpening] = useState<number | null>(null);
  const openings = useRef(0);
  const isOpen = () => document.getElementById(id)?.matches(":popover-open") ?? false;
  const open = () => {
    if (isOpen()) return;
    openings.current += 1;
    setOpening(openings.current);
  };
  const close = () => {
    setOpening(null);
    anchor.current?.focus();
  };
  const onClosed = () => setOpening((current) => (current === opening ? null : current));
  return { opening, isOpen, open, close, onClosed };
}

interface PanelProps {
  id: string;
  label: string;
  anchor: RefObject<HTMLButtonElement | null>;
  testId: string | undefined;
  onClosed: () => void;
  children: React.ReactNode;
}

function Panel({ id, label, anchor, testId, onClosed, children }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [button, element] = [anchor.current, panel.current];
    if (!button || !element) return undefined;
    // Where the focus goes back to when it closes; not every browser focuses a button that is clicked.
    button.focus();
    if (!element.matches(":popover-open")) element.showPopover();
    const follow = () => place(button, element);
    const sizes = new ResizeObserver(follow);
    sizes.observe(element);
    window.addEventListener("resize", follow);
    follow();
    element.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    return () => {
      sizes.disconnect();
      window.removeEventListener("resize", follow);
    };
  }, [anchor]);
  return (
    <div
      ref={panel}
      id={id}
      popover="auto"
      className={styles.panel}
      role="dialog"
      aria-label={label}
      data-testid={testId && `${testId}-panel`}
      onToggle={(event) => {
        // A fold (details) inside reports its own toggling here.
        if (event.target === event.currentTarget && event.newState === "closed") onClosed();
      }}
    >
      {children}
    </div>
  );
}

/** Whether a dialog or a popover is open: then the page's keys are its own. */
export function isOverlayOpen(): boolean {
  return document.querySelector(":modal, :popover-open") !== null;
}

/** Under the button, wholly inside the window. */
function place(anchor: HTMLElement, panel: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const left = Math.min(at.left, window.innerWidth - panel.offsetWidth - MARGIN_PX);
  const top = Math.min(at.bottom + 4, window.innerHeight - panel.offsetHeight - MARGIN_PX);
  panel.style.left = `${Math.max(MARGIN_PX, left)}px`;
  panel.style.top = `${Math.max(MARGIN_PX, top)}px`;
}

function useShortcut(key: string | undefined, act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (!key) return undefined;
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select, [contenteditable]");
      if (event.key !== key || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [key]);
}
