// Settings → Lists of Loops (built-in): mailing lists with their ids to copy, made, changed, deleted when nobody is on them.
import { type FormEvent, useState } from "react";
import { type Color, COLORS } from "../lib/engine";
import { number } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { MailingList } from "../lib/types";
import { Copy, Empty, Tag } from "../ui/basics";
import { confirm, Dialog } from "../ui/dialog";
import { Check, Labelled } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const DOT: Record<string, string> = { gray: "#8a8f98", red: "#d64545", orange: "#dd7a2c", yellow: "#c9a227", green: "#3b9a57", teal: "#2a9d9a", blue: "#3f7fdb", purple: "#8456d1", pink: "#cf5fa0" };
const Dot = ({ color }: { color: string }) => <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" className="inline-block shrink-0"><circle cx="5" cy="5" r="5" fill={DOT[color] ?? "var(--edge)"} /></svg>;
const COLUMNS: Column<MailingList>[] = [
  { id: "name", head: "Name", sort: (l) => l.name, cell: (l) => <span className="inline-flex gap-2.5 items-center"><Dot color={l.color} /><span><span className="font-medium">{l.name}</span>{l.description && <span className="soft text-sm block">{l.description}</span>}</span></span> },
  { id: "id", head: "ID", wide: true, cell: (l) => <span className="inline-flex gap-2 items-center"><code className="break-all">{l.id}</code><Copy text={l.id} plain /></span> }, { id: "public", head: "Visibility", wide: true, cell: (l) => <Tag>{l.isPublic ? "Public" : "Private"}</Tag> }, { id: "members", head: "Members", num: true, sort: (l) => l.members, cell: (l) => number(l.members) },
];

export default function EngineLists() {
  useTitle("Lists");
  const { data } = useGet("/engine/lists");
  const [editing, setEditing] = useState<MailingList | "new">();
  const may = useMay("editor");
  return (
    <>
      <Heading title="Lists" actions={may && <button type="button" className="button primary" onClick={() => setEditing("new")}>New list</button>}>Mailing lists of Loops (built-in). Their ids go into <code className="inline-code">mailingLists</code>.</Heading>
      <Card pad={false}><DataTable label="Mailing lists" columns={COLUMNS} rows={data?.data} id={(l) => l.id} open={may ? setEditing : undefined} empty={<Empty title="No list yet">Contacts choose lists on the preference page.</Empty>} /></Card>
      {editing && <ListForm list={editing === "new" ? undefined : editing} close={() => setEditing(undefined)} />}
    </>
  );
}

function ListForm({ list, close }: { list?: MailingList; close: () => void }) {
  const [draft, setDraft] = useState({ name: list?.name ?? "", description: list?.description ?? "", isPublic: list?.isPublic ?? false, color: (list?.color ?? "") as Color });
  const [id, setId] = useState("");
  const { run, busy } = useAct();
  const body = { ...draft, description: draft.description || null };
  const submit = (event: FormEvent) => { event.preventDefault(); void run(async () => { await (list ? call("PATCH", `/engine/lists/${list.id}`, body) : call("POST", "/engine/lists", { ...body, id: id || null })); close(); }, list ? "Saved." : "The list is there."); };
  const remove = async () => { close(); if (list && await confirm({ title: `Delete ${list.name}?`, body: "It is gone from the preference page, too.", action: "Delete", danger: true })) await run(() => call("DELETE", `/engine/lists/${list.id}`), "Deleted."); };
  return (
    <Dialog title={list?.name ?? "New list"} close={close}><form onSubmit={submit}>
      <Labelled label="Name"><input className="field" required maxLength={255} autoFocus value={draft.name} onChange={(e) => setDraft({ ...draft, name: e.target.value })} /></Labelled>
      <Labelled label="Description" help="Shown on the preference page."><input className="field" maxLength={1000} value={draft.description} onChange={(e) => setDraft({ ...draft, description: e.target.value })} /></Labelled>
      <fieldset className="mb-4"><legend className="font-medium mb-1">Colour</legend><div className="flex flex-wrap gap-3">{(["", ...COLORS] as const).map((c) => <label key={c} className="inline-flex items-center gap-1.5"><input type="radio" name="color" checked={draft.color === c} onChange={() => setDraft({ ...draft, color: c })} /><Dot color={c} />{c || "none"}</label>)}</div></fieldset>
      <Check label="Public" help="Shown to everyone on the preference page; a private one only to its members." checked={draft.isPublic} change={(isPublic) => setDraft({ ...draft, isPublic })} />
      {!list && <div className="mt-4"><Labelled label="ID" help="Leave it empty, or give the id of the list in your Loops account, so that the same calls work with both."><input className="field mono" maxLength={100} value={id} onChange={(e) => setId(e.target.value)} /></Labelled></div>}
      {list && list.members > 0 && <p className="soft mt-3">In use: {number(list.members)} contacts are on it, so it cannot be deleted.</p>}
      <div className="flex justify-end gap-2 mt-5">{list && <button type="button" className="button danger mr-auto" disabled={busy || list.members > 0} onClick={remove}>Delete</button>}<button type="button" className="button" onClick={close}>Cancel</button><button type="submit" className="button primary" disabled={busy || !draft.name.trim()}>Save</button></div>
    </form></Dialog>
  );
}
