import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { nextSorting, type Sorting, sortedRows } from "@/shared/sorting";
import { type Fitting, useColumnsThatFit } from "./columns-that-fit";
import styles from "./DataTable.module.css";

export interface Column<Row> extends Fitting {
  id: string;
  header: string;
  /** Text stands left, numbers right. */
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
  /** Called when the end comes into sight, and while there are fewer rows than room, to fetch what is older. */
  onEnd?: (() => void) | undefined;
  pending?: (row: Row) => boolean;
  /** Below the last row, in sight. */
  foot?: React.ReactNode;
  testId?: string;
}

const ROW_PX = 28;

/** A table that renders only the rows in sight: sticky header, sorting by column, cards on a phone. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { keyOf } = props;
  const { sorted, sorting, sortBy } = useSortedRows(props.rows, props.columns);
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useColumnsThatFit(scroller, props.columns);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => keyOf(sorted[index]!),
    overscan: 6,
  });
  useFilled(scroller, props.loading ? undefined : props.onEnd);
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="table"
      aria-label={props.label}
      aria-rowcount={sorted.length + 1}
      aria-busy={props.loading ?? false}
      tabIndex={0}
      style={{ "--tracks": columns.map(({ width }) => width).join(" ") } as React.CSSProperties}
      data-testid={props.testId}
      onScroll={({ currentTarget }) => isNearEnd(currentTarget) && props.onEnd?.()}
    >
      <Head columns={columns} sorting={sorting} onSort={sortBy} />
      {sorted.length === 0 && (
        <Nothing columns={columns.length} loading={props.loading} empty={props.empty} />
      )}
      <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = sorted[item.index]!;
          return (
            <TableRow
              key={item.key}
              measure={virtual.measureElement}
              index={item.index}
              start={item.start}
              id={keyOf(row)}
              pending={props.pending?.(row) ?? false}
              columns={columns}
              row={row}
            />
          );
        })}
      </div>
      {props.foot && <div className={styles.foot}>{props.foot}</div>}
    </div>
  );
}

/** Ask for more while there are fewer rows than room. */
function useFilled(scroller: React.RefObject<HTMLElement | null>, onEnd: (() => void) | undefined): void {
  useEffect(() => {
    const element = scroller.current;
    // What is not in sight has no height, and needs no rows.
    if (onEnd && element && element.clientHeight > 0 && isNearEnd(element)) onEnd();
  }, [scroller, onEnd]);
}

function isNearEnd({ scrollHeight, scrollTop, clientHeight }: Element): boolean {
  return scrollHeight - scrollTop - clientHeight < ROW_PX * 8;
}

function useSortedRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[]) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const sorted = useMemo(() => sortedRows(rows, columns, sorting), [rows, columns, sorting]);
  return { sorted, sorting, sortBy: (id: string) => setSorting(nextSorting(sorting, id)) };
}

interface TableRowProps<Row> {
  measure: (element: HTMLElement | null) => void;
  index: number;
  /** Pixels from the top of the first row. */
  start: number;
  id: string;
  pending: boolean;
  columns: readonly Column<Row>[];
  row: Row;
}

function TableRow<Row>({ measure, index, start, id, pending, columns, row }: TableRowProps<Row>) {
  return (
    <div
      ref={measure}
      data-index={index}
      data-key={id}
      data-pending={pending}
      role="row"
      aria-rowindex={index + 2}
      className={styles.row}
      style={{ transform: `translateY(${start}px)` }}
    >
      {columns.map((column) => (
        <div
          key={column.id}
          role="cell"
          data-label={column.header}
          data-align={column.align}
          data-column={column.id}
        >
          <div className={styles.value}>{column.cell(row)}</div>
        </div>
      ))}
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
            <div
              key={column.id}
              role="columnheader"
              data-align={column.align}
              aria-sort={column.compare ? sort : undefined}
            >
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

function Nothing({
  columns,
  loading,
  empty,
}: {
  columns: number;
  loading: boolean | undefined;
  empty: React.ReactNode;
}) {
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
