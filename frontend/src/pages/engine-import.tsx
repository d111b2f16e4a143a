// Import of contacts: a CSV whose columns are mapped, or a list of ids that a Loops account is asked for; how far each is.
import { type ChangeEvent, type FormEvent, useState } from "react";
import { type Import } from "../lib/engine";
import { number, percent } from "../lib/format";
import { api, call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { Badge, Empty, Time } from "../ui/basics";
import { Check, Labelled, Segments, Select } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { header, send, suggested } from "../lib/upload";

export default function ImportPage() {
  useTitle("Import");
  const may = useMay("editor");
  return <><Heading title="Import contacts" back={{ to: "/loops/audience", label: "Audience" }}>From a CSV file, or from a Loops account. Workflows are told only when you say so.</Heading>{may && <New />}<Runs /></>;
}

function New() {
  const [from, setFrom] = useState<"csv" | "loops">("csv");
  const [file, setFile] = useState<File>();
  const [columns, setColumns] = useState<string[]>([]);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const [ids, setIds] = useState("");
  const [key, setKey] = useState("");
  const [list, setList] = useState("");
  const [trigger, setTrigger] = useState(false);
  const [sent, setSent] = useState<number>();
  const properties = useGet("/engine/properties").data?.data ?? [];
  const lists = useGet("/engine/lists").data?.data ?? [];
  const { run, busy } = useAct();
  const choose = async (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = event.target.files?.[0];
    setFile(chosen); setColumns([]);
    if (chosen) { const found = await header(chosen); setColumns(found); setMapping(suggested(found, properties)); }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const blob = from === "csv" ? file! : new Blob([ids]);
    const used = Object.fromEntries(Object.entries(mapping).filter(([, p]) => p));
    const given = from === "csv" ? { name: file!.name, mapping: used } : { name: "From a Loops account", api_key: key };
    void run(async () => { const made = await call("POST", "/engine/imports", { ...given, size: blob.size, list: list || null, trigger }); await send(made.id, blob, setSent); setFile(undefined); setColumns([]); setIds(""); setKey(""); }, "The file is here; its rows are being taken.").finally(() => setSent(undefined));
  };
  const ready = from === "csv" ? !!file && Object.values(mapping).some((p) => p === "email" || p === "userId") : !!ids.trim() && !!key;
  return (
    <Card title="New import"><form onSubmit={submit} className="max-w-2xl">
      <div className="mb-4"><Segments label="From" value={from} options={[["csv", "CSV file"], ["loops", "Loops account"]] as const} change={setFrom} /></div>
      {from === "csv" ? <Labelled label="File" help="UTF-8, with names of columns in its first line."><input className="field" type="file" accept=".csv,text/csv" onChange={choose} /></Labelled> : (
        <><Labelled label="Emails or user IDs" help="One a line. Loops' API lists no contacts, so they are asked for one by one, eight a second. Mirror the account's properties first (API page)."><textarea className="field mono" rows={5} value={ids} onChange={(e) => setIds(e.target.value)} /></Labelled>
          <Labelled label="API key of the account" help="The account is only read; the key is forgotten when the import ends."><input className="field mono" type="password" autoComplete="off" value={key} onChange={(e) => setKey(e.target.value)} /></Labelled></>
      )}
      {from === "csv" && columns.length > 0 && <fieldset className="mb-4"><legend className="font-medium mb-1">Columns</legend><table aria-label="Columns"><tbody>{columns.map((c) => <tr key={c}><td className="break-all">{c}</td><td><Select label={`Property for ${c}`} value={mapping[c] ?? ""} options={[["", "Leave out"], ...properties.map((p): [string, string] => [p.key, p.label])]} change={(to) => setMapping({ ...mapping, [c]: to })} /></td></tr>)}</tbody></table></fieldset>}
      <div className="mb-4"><Select label="Mailing list" value={list} options={[["", "Put on no list"], ...lists.map((l): [string, string] => [l.id, `Put on ${l.name}`])]} change={setList} /></div>
      <Check label="Trigger workflows" help="As if each contact had come over the API." checked={trigger} change={setTrigger} />
      <button type="submit" className="button primary mt-4" disabled={busy || !ready}>{sent !== undefined && file ? `Sending … ${percent(sent, file.size)}` : "Import"}</button>
    </form></Card>
  );
}

const TONE = { done: "good", running: "wait", uploading: "wait", stopped: "bad" } as const;

function Runs() {
  const { data } = useGet("/engine/imports", { every: 1500 });
  const [shown, setShown] = useState<string>();
  const { run, busy } = useAct();
  const may = useMay("editor");
  const columns: Column<Import>[] = [
    { id: "at", head: "Begun", cell: (i) => <Time at={i.at} /> }, { id: "name", head: "Name", cell: (i) => <span className="break-all">{i.name}</span> }, { id: "state", head: "State", cell: (i) => <><Badge tone={TONE[i.state as keyof typeof TONE] ?? "idle"}>{i.state}</Badge>{i.why && <span className="soft text-sm block">{i.why}</span>}</> },
    { id: "rows", head: "Rows", num: true, cell: (i) => number(i.rows) }, { id: "created", head: "New", num: true, wide: true, cell: (i) => number(i.created) }, { id: "updated", head: "Updated", num: true, wide: true, cell: (i) => number(i.updated) },
    { id: "failed", head: "Failed", num: true, cell: (i) => number(i.failed) },
    { id: "do", head: "", num: true, cell: (i) => <span className="inline-flex gap-2"><button type="button" className="button small" onClick={() => setShown(shown === i.id ? undefined : i.id)}>Rows</button>{may && ["uploading", "running"].includes(i.state) && <button type="button" className="button small danger" disabled={busy} onClick={() => void run(() => call("POST", `/engine/imports/${i.id}/stop`), "Stopped. What was taken stays.")}>Stop</button>}</span> },
  ];
  return <Card title="Imports" pad={false}><DataTable label="Imports" columns={columns} rows={data?.data} id={(i) => i.id} detail={(i) => i.id === shown ? <Complaints id={i.id} /> : null} empty={<Empty title="No import yet">Choose a file above. Its rows are taken while you do something else; what was wrong with one is said here.</Empty>} /></Card>;
}

function Complaints({ id }: { id: string }) {
  const { data } = useGet(`/engine/imports/${id}/rows`);
  if (!data) return null;
  if (!data.data.length) return <p>Every row was taken as it stands.</p>;
  return (
    <>
      <ul className="space-y-1">{data.data.map((r) => <li key={r.row}><b className="font-semibold">Row {r.row}</b> {r.taken ? "taken, but" : "not taken"}: {r.text} <span className="soft break-all">{Object.values(r.line).filter(Boolean).join(", ")}</span></li>)}</ul>
      <a className="button small mt-3" href={`${api}/engine/imports/${id}/rows.csv`} download>All of them as CSV</a>
    </>
  );
}
