// What is done from the audience: a new contact, a segment saved, many contacts put on a list or deleted.
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router-dom";
import type { Filter, Segment } from "../lib/engine";
import { number, plural } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useMay } from "../lib/hooks";
import type { MailingList } from "../lib/types";
import { confirm, Dialog } from "../ui/dialog";
import { Check, Labelled, Select } from "../ui/fields";

export function NewContact({ lists }: { lists: MailingList[] }) {
  const [open, setOpen] = useState(false);
  return <><button type="button" className="button primary" onClick={() => setOpen(true)}>New contact</button>{open && <NewContactForm lists={lists} close={() => setOpen(false)} />}</>;
}

function NewContactForm({ lists, close }: { lists: MailingList[]; close: () => void }) {
  const [email, setEmail] = useState("");
  const [userId, setUserId] = useState("");
  const [on, setOn] = useState<Record<string, boolean>>({});
  const [trigger, setTrigger] = useState(false);
  const { run, busy } = useAct();
  const go = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => { const made = await call("POST", "/engine/contacts", { email, userId: userId || null, lists: on, trigger }); close(); go(`/loops/audience/${made.id}`); });
  };
  return (
    <Dialog title="New contact" close={close}><form onSubmit={submit}>
      <Labelled label="Email"><input className="field" type="email" required autoFocus value={email} onChange={(e) => setEmail(e.target.value)} /></Labelled>
      <Labelled label="User ID" help="As your product calls them; may be empty."><input className="field" value={userId} onChange={(e) => setUserId(e.target.value)} /></Labelled>
      {lists.map((l) => <Check key={l.id} label={l.name} checked={!!on[l.id]} change={(to) => setOn({ ...on, [l.id]: to })} />)}
      <div className="mt-3"><Check label="Trigger workflows" help="As if an SDK had made the contact." checked={trigger} change={setTrigger} /></div>
      <button type="submit" className="button primary mt-4" disabled={busy || !email}>Create contact</button>
    </form></Dialog>
  );
}

export function SaveSegment({ filter, segment, chosen }: { filter: Filter | null; segment?: Segment; chosen: (id: string) => void }) {
  const [name, setName] = useState(segment?.name ?? "");
  const { run, busy } = useAct();
  if (!useMay("editor")) return null;
  const save = (fresh: boolean) => void run(async () => {
    const body = { name, description: segment?.description ?? null, filter: filter! };
    if (fresh) chosen((await call("POST", "/engine/segments", body)).id); else await call("PUT", `/engine/segments/${segment!.id}`, body);
  }, "The segment is saved.");
  const remove = async () => { if (segment && await confirm({ title: `Delete the segment ${segment.name}?`, body: "Its contacts stay.", action: "Delete", danger: true })) { await run(() => call("DELETE", `/engine/segments/${segment.id}`), "Deleted."); chosen(""); } };
  return (
    <>
      <input className="field !w-52" aria-label="Name of the segment" placeholder="Name of the segment" maxLength={255} value={name} onChange={(e) => setName(e.target.value)} />
      {segment && <button type="button" className="button small" disabled={busy || !filter || !name.trim()} onClick={() => save(false)}>Save</button>}
      <button type="button" className="button small" disabled={busy || !filter || !name.trim() || name === segment?.name} onClick={() => save(true)}>Save as new segment</button>
      {segment && <button type="button" className="button small danger" disabled={busy} onClick={remove}>Delete segment</button>}
    </>
  );
}

export function Bulk({ picked, search, filter, total, lists, done }: { picked: string[]; search: string; filter: Filter | null; total: number; lists: MailingList[]; done: () => void }) {
  const [list, setList] = useState("");
  const { run, busy } = useAct();
  const whom = picked.length ? { ids: picked } : { search, filter };
  const count = picked.length || total;
  const act = async (action: "delete" | "add_to_list" | "remove_from_list") => {
    const sure = action !== "delete" || await confirm({ title: `Delete ${plural(count, "contact")}?`, body: "Their properties and lists are gone for good. What was sent to them stays in the logs.", action: "Delete", danger: true });
    if (sure && await run(() => call("POST", "/engine/contacts/bulk", { ...whom, action, list: list || null }), (d) => `${number(d.done)} changed${d.skipped ? `, ${number(d.skipped)} skipped` : ""}.`)) done();
  };
  return (
    <div className="flex flex-wrap gap-2 items-center px-4 py-2.5 border-b line sunk" role="group" aria-label="Bulk actions">
      <span className="font-medium">{picked.length ? `${number(count)} chosen` : `All ${number(count)} found`}</span>
      <Select label="Mailing list" value={list} options={[["", "Mailing list …"], ...lists.map((l): [string, string] => [l.id, l.name])]} change={setList} />
      <button type="button" className="button small" disabled={busy || !list} onClick={() => act("add_to_list")}>Add to list</button>
      <button type="button" className="button small" disabled={busy || !list} onClick={() => act("remove_from_list")}>Take off list</button>
      <button type="button" className="button small danger" disabled={busy} onClick={() => act("delete")}>Delete</button>
      {picked.length > 0 && <button type="button" className="button small plain" onClick={done}>Choose none</button>}
    </div>
  );
}
