import styles from "./Tabs.module.css";

interface TabItem<Id extends string> {
  id: Id;
  label: React.ReactNode;
}

interface TabsProps<Id extends string> {
  /** Prefix of the ids that tie tabs to their panels, unique on the page. */
  name: string;
  /** What the tabs choose between, for people who do not see them. */
  label: string;
  items: readonly TabItem<Id>[];
  selected: Id;
  onSelect: (id: Id) => void;
  className?: string | undefined;
}

/** A row of tabs: arrow keys move, Home and End jump, only the chosen one is in the tab order. */
export function Tabs<Id extends string>({
  name,
  label,
  items,
  selected,
  onSelect,
  className = "",
}: TabsProps<Id>) {
  const choose = (index: number, list: HTMLElement) => {
    const item = items[(index + items.length) % items.length];
    if (!item) return;
    onSelect(item.id);
    list.querySelector<HTMLElement>(`#${tabId(name, item.id)}`)?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>) => {
    const index = items.findIndex((item) => item.id === selected);
    const target = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: items.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(target, event.currentTarget);
  };
  return (
    <div role="tablist" aria-label={label} className={`${styles.tabs} ${className}`} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role="tab"
          id={tabId(name, item.id)}
          aria-selected={item.id === selected}
          aria-controls={panelId(name)}
          tabIndex={item.id === selected ? 0 : -1}
          data-testid={`${name}-tab-${item.id}`}
          onClick={() => onSelect(item.id)}
        >
          {item.label}
        </button>
      ))}
    </div>
  );
}

interface TabPanelProps {
  name: string;
  selected: string;
  className?: string | undefined;
  children: React.ReactNode;
}

/** What the chosen tab shows. */
export function TabPanel({ name, selected, className, children }: TabPanelProps) {
  return (
    <div role="tabpanel" id={panelId(name)} aria-labelledby={tabId(name, selected)} className={className}>
      {children}
    </div>
  );
}

function tabId(name: string, id: string): string {
  return `${name}-tab-${id}`;
}

function panelId(name: string): string {
  return `${name}-panel`;
}
