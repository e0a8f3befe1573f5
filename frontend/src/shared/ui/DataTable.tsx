import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { type Fitting, useColumnsThatFit } from "./columns-that-fit";
import styles from "./DataTable.module.css";

export interface Column<Row> extends Fitting {
  id: string;
  header: string;
  /** Words stand left, numbers right. */
  align?: "left";
  cell: (row: Row) => React.ReactNode;
  /** Order of two rows, ascending; without it the column does not sort. */
  compare?: (a: Row, b: Row) => number;
}

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Said instead of rows when there are none. */
  empty: React.ReactNode;
  /** Rows of grey in place of the first ones. */
  loading?: boolean;
  /** Called when the end comes into sight, to fetch what is older. */
  onEnd?: (() => void) | undefined;
  pending?: (row: Row) => boolean;
  testId?: string;
}

interface Sorting {
  column: string;
  direction: 1 | -1;
}

const ROW_PX = 28;

/** A table that renders only the rows in sight: sticky header, sorting by column, cards on a phone. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, keyOf, pending } = props;
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const sorted = useMemo(() => sortedRows(rows, props.columns, sorting), [rows, props.columns, sorting]);
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useColumnsThatFit(scroller, props.columns);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => keyOf(sorted[index]!),
    overscan: 6,
  });
  const tracks = columns.map((column) => column.width).join(" ");
  const onScroll = () => {
    const box = scroller.current;
    if (box && box.scrollHeight - box.scrollTop - box.clientHeight < ROW_PX * 8) props.onEnd?.();
  };
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="table"
      aria-label={props.label}
      aria-rowcount={sorted.length + 1}
      aria-busy={props.loading ?? false}
      tabIndex={0}
      style={{ "--tracks": tracks } as React.CSSProperties}
      data-testid={props.testId}
      onScroll={onScroll}
    >
      <Head columns={columns} sorting={sorting} onSort={(id) => setSorting(nextSorting(sorting, id))} />
      {sorted.length === 0 && <Nothing columns={columns.length} loading={props.loading} empty={props.empty} />}
      <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = sorted[item.index]!;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              data-key={keyOf(row)}
              data-pending={pending?.(row) ?? false}
              role="row"
              aria-rowindex={item.index + 2}
              className={styles.row}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {columns.map((column) => (
                <div key={column.id} role="cell" data-label={column.header} data-align={column.align} data-column={column.id}>
                  <div className={styles.value}>{column.cell(row)}</div>
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeadProps<Row> {
  columns: readonly Column<Row>[];
  sorting: Sorting | null;
  onSort: (id: string) => void;
}

function Head<Row>({ columns, sorting, onSort }: HeadProps<Row>) {
  return (
    <div role="rowgroup" className={styles.head}>
      <div role="row" aria-rowindex={1} className={styles.headRow}>
        {columns.map((column) => {
          const direction = sorting?.column === column.id ? sorting.direction : 0;
          const sort = direction === 1 ? "ascending" : direction === -1 ? "descending" : "none";
          return (
            <div key={column.id} role="columnheader" data-align={column.align} aria-sort={column.compare ? sort : undefined}>
              {column.compare ? (
                <button type="button" onClick={() => onSort(column.id)}>
                  {column.header}
                  <i aria-hidden>{direction === 1 ? " ▲" : direction === -1 ? " ▼" : ""}</i>
                </button>
              ) : (
                column.header
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Nothing({ columns, loading, empty }: { columns: number; loading: boolean | undefined; empty: React.ReactNode }) {
  return (
    <div role="rowgroup">
      {loading ? (
        [0, 1, 2, 3].map((row) => (
          <div key={row} role="row" className={styles.skeleton}>
            <div role="cell" aria-colspan={columns} />
          </div>
        ))
      ) : (
        <div role="row">
          <div role="cell" aria-colspan={columns} className={styles.empty}>
            {empty}
          </div>
        </div>
      )}
    </div>
  );
}

/** Descending first (the largest is what people look for), then ascending, then as it came. */
export function nextSorting(sorting: Sorting | null, column: string): Sorting | null {
  if (sorting?.column !== column) return { column, direction: -1 };
  return sorting.direction === -1 ? { column, direction: 1 } : null;
}

export function sortedRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sorting: Sorting | null,
): readonly Row[] {
  const compare = columns.find((column) => column.id === sorting?.column)?.compare;
  if (!sorting || !compare) return rows;
  return [...rows].sort((a, b) => sorting.direction * compare(a, b));
}
