// The one table: columns that sort, rows that open by click, Enter and arrows, skeleton, empty page, and "more" by cursor.
import { type ColumnDef, flexRender, getCoreRowModel, getSortedRowModel, type SortingState, useReactTable } from "@tanstack/react-table";
import { type KeyboardEvent, type ReactNode, useMemo, useState } from "react";
import { useNavigate } from "react-router-dom";
import { Waiting } from "./basics";
import { Icon } from "./icons";

export interface Column<T> { id: string; head: string; cell: (row: T) => ReactNode; sort?: (row: T) => string | number; num?: boolean; wide?: boolean; className?: string }
interface Props<T> {
  label: string; columns: Column<T>[]; rows: T[] | undefined; id: (row: T) => string; empty: ReactNode;
  to?: (row: T) => string; open?: (row: T) => void; more?: () => void; busy?: boolean; fresh?: (row: T) => boolean; detail?: (row: T) => ReactNode;
}

export function DataTable<T>(props: Props<T>) {
  const { rows, empty } = props;
  if (!rows) return <Waiting />;
  if (!rows.length) return <>{empty}</>;
  return <Filled {...props} rows={rows} />;
}

function Filled<T>({ label, columns, rows, id, to, open, more, busy, fresh, detail }: Props<T> & { rows: T[] }) {
  const go = useNavigate();
  const [sorting, setSorting] = useState<SortingState>([]);
  const defs = useMemo(() => columns.map((c): ColumnDef<T> => ({ id: c.id, header: c.head, accessorFn: c.sort ?? (() => ""), enableSorting: !!c.sort, sortDescFirst: c.num ?? false })), [columns]);
  const table = useReactTable({ data: rows, columns: defs, state: { sorting }, onSortingChange: setSorting, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel(), getRowId: id });
  const cells = Object.fromEntries(columns.map((c) => [c.id, c]));
  const act = (row: T) => { if (open) open(row); else if (to) go(to(row)); };
  const active = !!(open ?? to);
  return (
    <>
      <table aria-label={label}>
        <thead>{table.getHeaderGroups().map((group) => (
          <tr key={group.id}>{group.headers.map(({ id: column, column: c }) => (
            <th key={column} className={look(cells[column])} aria-sort={c.getIsSorted() ? (c.getIsSorted() === "asc" ? "ascending" : "descending") : undefined}>
              {c.getCanSort() ? (
                <button type="button" className="hover:text-ink inline-flex items-center gap-1" onClick={c.getToggleSortingHandler()}>
                  {flexRender(c.columnDef.header, {} as never)}<Icon name="down" size={10} className={c.getIsSorted() ? (c.getIsSorted() === "asc" ? "rotate-180" : "") : "opacity-0"} />
                </button>
              ) : flexRender(c.columnDef.header, {} as never)}
            </th>
          ))}</tr>
        ))}</thead>
        <tbody>{table.getRowModel().rows.map(({ id: key, original }) => (
          <Row key={key} name={key} row={original} columns={columns} active={active} act={act} fresh={fresh?.(original) ?? false} detail={detail?.(original)} />
        ))}</tbody>
      </table>
      {more && <div className="p-3 border-t line text-center"><button type="button" className="button small" disabled={busy} onClick={more}>{busy ? "Loading …" : "Show more"}</button></div>}
    </>
  );
}

function Row<T>({ row, columns, active, act, fresh, detail }: { name: string; row: T; columns: Column<T>[]; active: boolean; act: (row: T) => void; fresh: boolean; detail: ReactNode }) {
  const key = (event: KeyboardEvent<HTMLTableRowElement>) => { if (event.key === "Enter" && event.target === event.currentTarget) { event.preventDefault(); act(row); } };
  const press = (target: EventTarget) => { if (!(target instanceof Element && target.closest("a,button,input,label"))) act(row); };
  return (
    <>
      <tr className={`${active ? "row" : ""} ${fresh ? "fresh" : ""}`} tabIndex={active ? 0 : undefined} onKeyDown={active ? key : undefined} onClick={active ? (e) => press(e.target) : undefined}>
        {columns.map((c) => <td key={c.id} className={look(c)}>{c.cell(row)}</td>)}
      </tr>
      {detail && <tr><td colSpan={columns.length} className="sunk !p-4">{detail}</td></tr>}
    </>
  );
}

const look = (c: { num?: boolean; wide?: boolean; className?: string } | undefined): string => `${c?.num ? "num" : ""} ${c?.wide ? "max-md:hidden" : ""} ${c?.className ?? ""}`;
