// Audience of Loops (built-in): its contacts, any property as a column, filtered, saved as segments, changed in bulk.
import { useDeferredValue, useState } from "react";
import { Link } from "react-router-dom";
import { type Filter, type Property, type Segment, complete, useContacts, useCount } from "../lib/engine";
import { number } from "../lib/format";
import { api, query } from "../lib/http";
import { useGet, useMay } from "../lib/hooks";
import type { Contact } from "../lib/types";
import { Badge, Empty, Time, Trouble } from "../ui/basics";
import { Check, Search, Select } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { Bulk, NewContact, SaveSegment } from "./audience-actions";
import { FilterBuilder } from "./filter-builder";
import { Started } from "./started";

const EMPTY: Filter = { match: "all", conditions: [] };
const STANDING = ["userId", "firstName", "lastName", "subscribed"];
const text = (value: unknown) => value === null || value === undefined || value === "" ? <span className="soft">–</span> : String(value);

function cell(c: Contact, p: Property) {
  if (p.key === "subscribed") return <Badge tone={c.subscribed ? "good" : "idle"}>{c.subscribed ? "Yes" : "No"}</Badge>;
  const value = p.custom ? c.properties[p.key] : (c as unknown as Record<string, unknown>)[p.key];
  return p.type === "date" && value ? <Time at={String(value)} /> : text(value);
}

function useColumns() {
  const [chosen, setChosen] = useState<string[]>(() => JSON.parse(localStorage.getItem("audience-columns") ?? "null") ?? [...STANDING, "createdAt"]);
  return [chosen, (to: string[]) => { localStorage.setItem("audience-columns", JSON.stringify(to)); setChosen(to); }] as const;
}

export default function Audience() {
  useTitle("Audience");
  const [typed, setTyped] = useState("");
  const [filter, setFilter] = useState<Filter>(EMPTY);
  const [open, setOpen] = useState(false);
  const [segment, setSegment] = useState("");
  const [picked, setPicked] = useState<string[]>([]);
  const [columns, setColumns] = useColumns();
  const search = useDeferredValue(typed.trim());
  const wanted = useDeferredValue(filter.conditions.length && complete(filter) ? filter : null);
  const { rows, error, more, busy } = useContacts(search, wanted);
  const total = useCount(search, wanted);
  const lists = useGet("/engine/lists").data?.data ?? [];
  const segments = (useGet("/engine/segments").data?.data ?? []) as Segment[];
  const properties = useGet("/engine/properties").data?.data ?? [];
  const may = useMay("editor");
  const names = Object.fromEntries(lists.map((l) => [l.id, l.name]));
  const choose = (id: string) => { setSegment(id); const found = segments.find((s) => s.id === id); setFilter(found?.filter ?? EMPTY); setOpen(!!found); setPicked([]); };
  const pick = (id: string) => setPicked(picked.includes(id) ? picked.filter((p) => p !== id) : [...picked, id]);
  const table: Column<Contact>[] = [
    ...(may ? [{ id: "pick", head: "", className: "!w-8", cell: (c: Contact) => <input type="checkbox" aria-label={`Choose ${c.email}`} checked={picked.includes(c.id)} onChange={() => pick(c.id)} /> }] : []),
    { id: "email", head: "Email", sort: (c) => c.email, cell: (c) => <Link className="link" to={`/loops/audience/${c.id}`}>{c.email}</Link> },
    ...properties.filter((p) => columns.includes(p.key)).map((p): Column<Contact> => ({ id: p.key, head: p.label, wide: p.key !== "subscribed", cell: (c) => cell(c, p) })),
    { id: "lists", head: "Lists", wide: true, cell: (c) => text(Object.keys(c.mailingLists).map((id) => names[id] ?? id).join(", ")) },
  ];
  const way = query({ search, filter: wanted ? JSON.stringify(wanted) : "" });
  return (
    <>
      <Heading title="Audience" actions={<>{may && <><NewContact lists={lists} /><Link className="button" to="/loops/import">Import</Link></>}<a className="button" href={`${api}/engine/export/contacts.csv${way}`} download>Export CSV</a></>}>The contacts of Loops (built-in).{total !== undefined && <> <b className="font-semibold text-ink">{number(total)}</b> {search || wanted ? "found" : "in all"}.</>}</Heading>
      <Card pad={false} title={
        <div className="flex flex-wrap gap-2 items-center font-normal">
          <Search label="Search contacts" placeholder="Search by email, user ID or name" value={typed} change={setTyped} className="max-w-md" />
          <Select label="Segment" value={segment} options={[["", "Everybody"], ...segments.map((s): [string, string] => [s.id, s.name])]} change={choose} />
          <button type="button" className="button" aria-expanded={open} onClick={() => setOpen(!open)}>Filter{filter.conditions.length ? ` (${filter.conditions.length})` : ""}</button>
          <Columns properties={properties} chosen={columns} change={setColumns} />
        </div>}>
        {open && <div className="p-4 border-b line space-y-3"><FilterBuilder value={filter} change={setFilter} />
          {filter.conditions.length > 0 && <div className="flex flex-wrap gap-2 items-center"><SaveSegment key={segment} filter={wanted} segment={segments.find((s) => s.id === segment)} chosen={choose} /><button type="button" className="button small plain" onClick={() => choose("")}>Clear</button>{!wanted && <span className="soft text-sm">Fill in every condition to see whom it finds.</span>}</div>}
        </div>}
        {may && (picked.length > 0 || (wanted && !!total)) && <Bulk picked={picked} search={search} filter={wanted} total={total ?? 0} lists={lists} done={() => setPicked([])} />}
        {error && <div className="p-4"><Trouble error={error} /></div>}
        <DataTable label="Contacts" columns={table} rows={error && !rows ? [] : rows} id={(c) => c.id} to={(c) => `/loops/audience/${c.id}`} more={more} busy={busy} empty={<Empty title={search || wanted ? "Nobody is found" : "No contacts yet"} actions={!search && !wanted && <Started />}>{search || wanted ? "Clear the search and the filter to see all." : "Call identify with an email, and the contact appears here. Or import a file."}</Empty>} />
      </Card>
    </>
  );
}

function Columns({ properties, chosen, change }: { properties: Property[]; chosen: string[]; change: (to: string[]) => void }) {
  const [open, setOpen] = useState(false);
  const toggle = (key: string, on: boolean) => change(on ? [...chosen, key] : chosen.filter((k) => k !== key));
  return (
    <div className="relative">
      <button type="button" className="button" aria-expanded={open} onClick={() => setOpen(!open)}>Columns</button>
      {open && <div className="absolute z-10 mt-1 bg-card border line rounded-lg p-3 shadow-[var(--float)] max-h-80 overflow-auto min-w-52" onKeyDown={(e) => e.key === "Escape" && setOpen(false)}>{properties.filter((p) => p.key !== "email").map((p) => <Check key={p.key} label={p.label} checked={chosen.includes(p.key)} change={(on) => toggle(p.key, on)} />)}</div>}
    </div>
  );
}
