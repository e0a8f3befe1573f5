import { createContext, useContext } from "react";
import styles from "./Panel.module.css";

/** What stands in place of the title of the panels inside: tabs, where several panels share a place. */
const TitleContext = createContext<React.ReactNode>(null);

export function PanelTitle({ value, children }: { value: React.ReactNode; children: React.ReactNode }) {
  return <TitleContext value={value}>{children}</TitleContext>;
}

interface PanelProps {
  title: string;
  className?: string;
  /** Greyed while the data may be behind. */
  stale?: boolean;
  controls?: React.ReactNode;
  children: React.ReactNode;
}

export function Panel({ title, className = "", stale = false, controls, children }: PanelProps) {
  const instead = useContext(TitleContext);
  return (
    <section className={`${styles.panel} ${className}`} data-stale={stale} aria-label={title}>
      <div className={styles.head}>
        {instead ?? <h2>{title}</h2>}
        {controls}
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
