import { useRef } from "react";
import styles from "./Splitter.module.css";

interface SplitterProps {
  label: string;
  /** `vertical`: a standing line that is moved left and right. */
  orientation: "vertical" | "horizontal";
  /** Size of the panel it belongs to, and its limits, in pixels. */
  size: number;
  least: number;
  most: number;
  /** The panel lies after the line (right of it, below it), so moving right makes it smaller. */
  after?: boolean;
  onSize: (size: number) => void;
  /** Double click: back to the size it had at first. */
  onReset: () => void;
  className?: string | undefined;
}

const KEY_STEP_PX = 16;

/** A line between two panels that can be dragged, or moved with the arrow keys. */
export function Splitter(props: SplitterProps) {
  const { orientation, size, least, most, after = true, onSize } = props;
  const start = useRef<{ at: number; size: number } | null>(null);
  const towards = after ? -1 : 1;
  const set = (next: number) => onSize(Math.round(Math.min(most, Math.max(least, next))));
  const position = (event: React.PointerEvent) =>
    orientation === "vertical" ? event.clientX : event.clientY;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const moves: Record<string, number> =
      orientation === "vertical" ? { ArrowLeft: -1, ArrowRight: 1 } : { ArrowUp: -1, ArrowDown: 1 };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    set(size + move * towards * KEY_STEP_PX);
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={props.label}
      aria-orientation={orientation}
      aria-valuenow={size}
      aria-valuemin={least}
      aria-valuemax={most}
      className={`${styles.splitter} ${props.className ?? ""}`}
      data-orientation={orientation}
      onKeyDown={onKeyDown}
      onDoubleClick={props.onReset}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { at: position(event), size };
      }}
      onPointerMove={(event) => {
        if (start.current) set(start.current.size + (position(event) - start.current.at) * towards);
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onPointerCancel={() => {
        start.current = null;
      }}
    />
  );
}
