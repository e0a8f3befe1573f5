import styles from "./Panel.module.css";

interface PanelProps {
  title: string;
  className?: string;
  /** Greyed while the data may be behind. */
  stale?: boolean;
  controls?: React.ReactNode;
  children: React.ReactNode;
}

export function Panel({ title, className = "", stale = false, controls, children }: PanelProps) {
  return (
    <section className={`${styles.panel} ${className}`} data-stale={stale} aria-label={title}>
      <div className={styles.head}>
        <h2>{title}</h2>
        {controls}
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
