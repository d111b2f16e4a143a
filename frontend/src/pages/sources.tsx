// Sources: the list, and a new one.
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router-dom";
import { number } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { Source } from "../lib/types";
import { Badge, Empty, Time, Trouble } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { Labelled, Search } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

export const TYPES: [string, string][] = [["javascript", "JavaScript (browser)"], ["node", "Node.js"], ["python", "Python"], ["http", "HTTP"]];

const COLUMNS: Column<Source>[] = [
  { id: "name", head: "Name", sort: (s) => s.name, cell: (s) => <Link className="link" to={`/sources/${s.id}`}>{s.name}</Link> },
  { id: "type", head: "Type", sort: (s) => s.type, wide: true, cell: (s) => TYPES.find(([t]) => t === s.type)?.[1] ?? s.type },
  { id: "state", head: "Status", cell: (s) => <Badge state={s.enabled ? "running" : "disabled"}>{s.enabled ? (s.last_event_at ? "Receiving" : "Waiting for the first event") : "Disabled"}</Badge> },
  { id: "events", head: "Events", num: true, sort: (s) => s.events, cell: (s) => number(s.events) },
  { id: "last", head: "Last event", sort: (s) => s.last_event_at ?? "", cell: (s) => <Time at={s.last_event_at} relative /> },
  { id: "to", head: "Destinations", wide: true, cell: (s) => s.destinations.map((d) => d.name).join(", ") || <span className="soft">none</span> },
];

export default function Sources() {
  useTitle("Sources");
  const { data, error } = useGet("/sources", { every: 5000 });
  const [making, setMaking] = useState(false);
  const [search, setSearch] = useState("");
  const may = useMay("editor");
  const rows = data?.data.filter((s) => `${s.name} ${s.type} ${s.write_key}`.toLowerCase().includes(search.toLowerCase()));
  const make = may && <button type="button" className="button primary" onClick={() => setMaking(true)}><Icon name="plus" size={14} />New source</button>;
  return (
    <>
      <Heading title="Sources" actions={make}>Where events come from. Each has a write key of its own.</Heading>
      {making && <NewSource close={() => setMaking(false)} />}
      <Card pad={false} title={<Search label="Search sources" value={search} change={setSearch} className="max-w-md" />}>
        {error && !data ? <div className="p-4"><Trouble error={error} /></div> :
          <DataTable label="Sources" columns={COLUMNS} rows={rows} id={(s) => s.id} to={(s) => `/sources/${s.id}`}
            empty={<Empty title={search ? "No source is called so" : "No source yet"} actions={make}>{search ? "Clear the search to see all." : "Make one to get a write key and a snippet for your product."}</Empty>} />}
      </Card>
    </>
  );
}

function NewSource({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [type, setType] = useState("javascript");
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>();
  const go = useNavigate();
  const { run, busy } = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      try { go(`/sources/${(await call("POST", "/sources", { name, type, write_key: key.trim() || null })).id}`); } catch (problem) { setError(problem); }
    });
  };
  return (
    <Dialog title="New source" close={close}>
      <form onSubmit={submit}>
        <Labelled label="Name"><input className="field" required autoFocus placeholder="website" value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
        <Labelled label="Type" help="Decides which snippet is shown first."><select className="field" value={type} onChange={(e) => setType(e.target.value)}>{TYPES.map(([t, label]) => <option key={t} value={t}>{label}</option>)}</select></Labelled>
        <Labelled label="Use an existing write key" help="Optional. Keep the key of a RudderStack or Segment source, so that no app has to change it."><input className="field mono" value={key} autoComplete="off" spellCheck={false} onChange={(e) => setKey(e.target.value)} /></Labelled>
        {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
        <div className="flex gap-2 justify-end"><button type="button" className="button" onClick={close}>Cancel</button><button type="submit" className="button primary" disabled={busy || !name.trim()}>Create source</button></div>
      </form>
    </Dialog>
  );
}
