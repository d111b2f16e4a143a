// Settings → API of Loops (built-in): keys with their last use, contact properties with their API names, a mirror of an account.
import { type FormEvent, useState } from "react";
import type { Key, Property } from "../lib/engine";
import type { Schemas } from "../lib/contract";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { Copy, CopyLine, Empty, Notice, Tag, Time } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Labelled, Select } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

type Type = Schemas["NewContactProperty"]["type"];
export const TYPES: [Type, string][] = [["string", "String"], ["number", "Number"], ["boolean", "Boolean"], ["date", "Date"]];
const LINE = "flex flex-wrap gap-3 items-end p-4 border-t line [&>div>div]:mb-0";

export default function EngineApi() {
  useTitle("API");
  const may = useMay("editor");
  const { data } = useGet("/about", { keep: true });
  return (
    <>
      <Heading title="API">Keys and contact properties of Loops (built-in).</Heading>
      {data?.engine && <div className="mb-4 max-w-xl"><CopyLine label="Address, for Loops' own clients" text={`${data.engine}/api/`} /></div>}
      <Keys may={may} /><Properties may={may} />{may && <Mirror />}
    </>
  );
}

function Keys({ may }: { may: boolean }) {
  const { data } = useGet("/engine/keys");
  const [name, setName] = useState("");
  const [made, setMade] = useState<string>();
  const { run, busy } = useAct();
  const make = (event: FormEvent) => { event.preventDefault(); void run(async () => { setMade((await call("POST", "/engine/keys", { name })).key); setName(""); }); };
  const revoke = async (k: Key) => { if (await confirm({ title: `Revoke ${k.name}?`, body: k.own ? "The pipeline gets a new key at once; anything else that uses this one is refused from now on." : "What uses it is refused from now on.", action: "Revoke", danger: true })) await run(() => call("DELETE", `/engine/keys/${k.id}`), "Revoked."); };
  const columns: Column<Key>[] = [
    { id: "name", head: "Name", cell: (k) => <span className="font-medium">{k.name} {k.own && <Tag>used by the pipeline</Tag>}</span> }, { id: "made", head: "Created", wide: true, cell: (k) => <Time at={k.createdAt} /> }, { id: "used", head: "Last used", cell: (k) => <Time at={k.lastUsed} relative /> },
    ...(may ? [{ id: "do", head: "", num: true, cell: (k: Key) => <button type="button" className="button small danger" disabled={busy} onClick={() => revoke(k)}>Revoke</button> }] : []),
  ];
  return (
    <>
      {made && <Notice tone="good"><CopyLine label="The new key. It is shown only now." text={made} /></Notice>}
      <Card title="API keys" pad={false}><DataTable label="API keys" columns={columns} rows={data?.data} id={(k) => k.id} empty={<Empty title="No key" />} />
        {may && <form onSubmit={make} className={LINE}><div className="grow max-w-sm"><Labelled label="Name of the key"><input className="field" required maxLength={100} value={name} onChange={(e) => setName(e.target.value)} /></Labelled></div><button type="submit" className="button primary" disabled={busy || !name.trim()}>Generate key</button></form>}
      </Card>
    </>
  );
}

function Properties({ may }: { may: boolean }) {
  const { data } = useGet("/engine/properties");
  const [name, setName] = useState("");
  const [type, setType] = useState<Type>("string");
  const { run, busy } = useAct();
  const make = (event: FormEvent) => { event.preventDefault(); void run(async () => { await call("POST", "/engine/properties", { name: name.trim(), type }); setName(""); }, "The property is there."); };
  const remove = async (p: Property) => { if (await confirm({ title: `Delete the property ${p.key}?`, body: "Only one that no contact, segment, workflow or email uses can be deleted.", action: "Delete", danger: true })) await run(() => call("DELETE", `/engine/properties/${encodeURIComponent(p.key)}`), "Deleted."); };
  const columns: Column<Property>[] = [
    { id: "label", head: "Name", wide: true, sort: (p) => p.label, cell: (p) => p.label }, { id: "key", head: "API name", sort: (p) => p.key, cell: (p) => <span className="inline-flex gap-2 items-center"><code>{p.key}</code><Copy text={p.key} plain /></span> }, { id: "type", head: "Type", sort: (p) => p.type, cell: (p) => <Tag>{p.type}</Tag> },
    ...(may ? [{ id: "do", head: "", num: true, cell: (p: Property) => p.custom && <button type="button" className="button small danger" disabled={busy} onClick={() => remove(p)}>Delete</button> }] : []),
  ];
  return (
    <Card title="Contact properties" note="An undefined property in a call is ignored, and the Event Log says so." pad={false}>
      <DataTable label="Contact properties" columns={columns} rows={data?.data} id={(p) => p.key} empty={<Empty title="None yet" />} />
      {may && <form onSubmit={make} className={LINE}><div className="grow max-w-sm"><Labelled label="API name"><input className="field mono" required maxLength={498} placeholder="favoriteColor" value={name} onChange={(e) => setName(e.target.value)} /></Labelled></div><Select label="Type" value={type} options={TYPES} change={setType} /><button type="submit" className="button primary" disabled={busy || !name.trim()}>Create property</button></form>}
    </Card>
  );
}

interface Mirrored { team: string; lists: number; properties: number; events: number; changes: string[] }

function Mirror() {
  const [key, setKey] = useState("");
  const [told, setTold] = useState<Mirrored>();
  const { run, busy } = useAct();
  const copy = (event: FormEvent) => { event.preventDefault(); void run(async () => { setTold(await call("POST", "/engine/mirror", { api_key: key })); setKey(""); }); };
  return (
    <Card title="Mirror a Loops account" note="Copies its mailing lists with their ids, contact properties and events to here. The account is only read; the key is not kept.">
      <form onSubmit={copy} className="flex flex-wrap gap-3 items-end [&>div>div]:mb-0"><div className="grow max-w-sm"><Labelled label="API key of the account"><input className="field mono" type="password" autoComplete="off" required value={key} onChange={(e) => setKey(e.target.value)} /></Labelled></div><button type="submit" className="button" disabled={busy || !key}>{busy ? "Reading …" : "Mirror"}</button></form>
      {told && <div className="mt-4" role="status"><p>Read {told.lists} lists, {told.properties} properties and {told.events} events{told.team && ` of ${told.team}`}. {told.changes.length === 0 && "Nothing to change."}</p>{told.changes.length > 0 && <ul className="list-disc pl-5 mt-1">{told.changes.map((c) => <li key={c}>{c}</li>)}</ul>}</div>}
    </Card>
  );
}
