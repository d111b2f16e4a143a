// Settings → Webhooks of Loops (built-in): endpoints, their events and secret, and what each was told.
import { type FormEvent, useState } from "react";
import { call } from "../lib/http";
import { useAct, useGet, useList, useMay } from "../lib/hooks";
import { type Endpoint, type Message, TOLD } from "../lib/mail";
import { Badge, CopyLine, Empty, Notice, Tag, Time } from "../ui/basics";
import { Code, Json } from "../ui/code";
import { confirm, Dialog } from "../ui/dialog";
import { Check, Labelled, Select } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

type Draft = { id?: string; url: string; events: string[]; enabled: boolean };
const STATES: [string, string][] = [["", "Any state"], ...Object.entries(TOLD).map(([key, { label }]): [string, string] => [key, label])];

export default function EngineWebhooks() {
  useTitle("Webhooks");
  const { data } = useGet("/engine/webhooks", { every: 5000 });
  const [draft, setDraft] = useState<Draft>();
  const may = useMay("editor");
  const fresh = () => setDraft({ url: "", events: data?.known ?? [], enabled: true });
  return (
    <>
      <Heading title="Webhooks" actions={may && data && <button type="button" className="button primary" onClick={fresh}>New endpoint</button>}>What happens in Loops (built-in) is POSTed to an address of yours, in Loops' own format, signed as Standard Webhooks describes.</Heading>
      {data && !data.data.length && <Card><Empty title="No endpoint yet" actions={may && <button type="button" className="button primary" onClick={fresh}>New endpoint</button>}>Tell your own server about new contacts, unsubscribes, bounces, opens and clicks.</Empty></Card>}
      {data?.data.map((endpoint) => <One key={endpoint.id} endpoint={endpoint} edit={() => setDraft(endpoint)} />)}
      {draft && data && <Edit draft={draft} known={data.known} close={() => setDraft(undefined)} />}
    </>
  );
}

function One({ endpoint, edit }: { endpoint: Endpoint; edit: () => void }) {
  const [secret, setSecret] = useState<string>();
  const { run, busy } = useAct();
  const may = useMay("editor");
  const base: `/engine/webhooks/${string}` = `/engine/webhooks/${endpoint.id}`;
  const remove = async () => { if (await confirm({ title: "Remove this endpoint?", body: "Its messages go with it.", action: "Remove", danger: true })) await run(() => call("DELETE", base), "Removed."); };
  const replay = () => run(() => call("POST", `${base}/replay-failed`), (r) => r.replayed ? `${r.replayed} are sent again.` : "Nothing failed.");
  return (
    <>
      <Card title={<span className="break-all">{endpoint.url}</span>} note={`${endpoint.events.length} events ticked`} actions={<div className="flex flex-wrap gap-2 items-center">
        <Badge tone={!endpoint.enabled ? "bad" : endpoint.failingSince ? "wait" : "good"}>{!endpoint.enabled ? "Off" : endpoint.failingSince ? "Failing" : "On"}</Badge>
        {may && <><button type="button" className="button small" disabled={busy || !endpoint.enabled} onClick={() => run(() => call("POST", `${base}/test`), "The test event is on its way.")}>Send test</button><button type="button" className="button small" disabled={busy} onClick={replay}>Replay failed</button><button type="button" className="button small" onClick={edit}>Edit</button><button type="button" className="button small danger" onClick={remove}>Remove</button></>}</div>}>
        {endpoint.why && <Notice tone="bad" actions={may && <button type="button" className="button small" onClick={() => run(() => call("PUT", base, { url: endpoint.url, events: endpoint.events, enabled: true }), "It is on again.")}>Switch on</button>}>{endpoint.why}</Notice>}
        <div className="flex flex-wrap gap-1.5 mb-3">{endpoint.events.map((e) => <Tag key={e}>{e}</Tag>)}</div>
        {secret ? <CopyLine label="Signing secret" text={secret} /> : may && <button type="button" className="button small" onClick={() => run(async () => setSecret((await call("GET", `${base}/secret`)).secret))}>Show signing secret</button>}
      </Card>
      <Messages endpoint={endpoint.id} />
    </>
  );
}

function Messages({ endpoint }: { endpoint: string }) {
  const [state, setState] = useState("");
  const [open, setOpen] = useState<Message>();
  const { rows, more, busy } = useList(`/engine/webhooks/${endpoint}/messages`, { state }, "cursor", 2500);
  const columns: Column<Message>[] = [
    { id: "at", head: "Time", cell: (m) => <Time at={m.at} /> }, { id: "type", head: "Event", cell: (m) => <code>{m.type}</code> }, { id: "state", head: "State", cell: (m) => <Badge tone={TOLD[m.state].tone}>{TOLD[m.state].label}</Badge> },
    { id: "answer", head: "Answer", wide: true, cell: (m) => <Answer message={m} /> }, { id: "tries", head: "Tries", num: true, wide: true, cell: (m) => m.tries || "–" },
  ];
  return (
    <>
      <Card title="Messages" note="Kept for 30 days." pad={false} actions={<Select label="State" value={state} options={STATES} change={setState} />}><DataTable label="Messages" columns={columns} rows={rows} id={(m) => m.id} open={setOpen} more={more} busy={busy} empty={<Empty title="Nothing told yet">Send a test, or let something happen.</Empty>} /></Card>
      {open && <Look message={rows?.find((m) => m.id === open.id) ?? open} close={() => setOpen(undefined)} />}
    </>
  );
}

function Answer({ message }: { message: Message }) {
  const last = message.attempts.at(-1);
  if (!last) return <span className="soft">–</span>;
  return <span className="text-sm">{last.status || last.text}{last.status > 0 && <span className="soft"> · {last.ms} ms</span>}{message.next && <span className="soft"> · again <Time at={message.next} relative /></span>}</span>;
}

function Look({ message, close }: { message: Message; close: () => void }) {
  const { run, busy } = useAct();
  const may = useMay("editor");
  return (
    <Dialog title={message.type} close={close} wide>
      <p className="soft text-sm mb-3"><code>{message.id}</code></p>
      <Json value={message.payload} label="Payload" />
      {message.attempts.map((a, i) => <div key={i} className="mt-3"><p className="text-sm mb-1"><Time at={a.at} /> · {a.status ? `answered ${a.status} in ${a.ms} ms` : "no answer"}</p>{a.text && <Code text={a.text} copy={false} label="Answer" />}</div>)}
      {may && <div className="flex justify-end mt-4"><button type="button" className="button primary" disabled={busy} onClick={() => run(() => call("POST", `/engine/webhooks/messages/${message.id}/replay`), "It is sent again.")}>Replay</button></div>}
    </Dialog>
  );
}

function Edit({ draft: given, known, close }: { draft: Draft; known: string[]; close: () => void }) {
  const [draft, setDraft] = useState(given);
  const { run, busy } = useAct();
  const toggle = (event: string, on: boolean) => setDraft((old) => ({ ...old, events: on ? [...old.events, event] : old.events.filter((e) => e !== event) }));
  const save = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => { await (draft.id ? call("PUT", `/engine/webhooks/${draft.id}`, { url: draft.url, events: draft.events, enabled: draft.enabled }) : call("POST", "/engine/webhooks", { url: draft.url, events: draft.events })); close(); }, "Saved.");
  };
  return (
    <Dialog title={draft.id ? "Edit endpoint" : "New endpoint"} close={close}>
      <form onSubmit={save}>
        <Labelled label="URL"><input className="field" type="url" required value={draft.url} placeholder="https://example.org/hooks/loops" onChange={(e) => setDraft({ ...draft, url: e.target.value })} /></Labelled>
        <fieldset className="mb-4"><legend className="font-medium mb-1">Events</legend><div className="grid sm:grid-cols-2 gap-x-4">{known.map((e) => <Check key={e} label={<code>{e}</code>} checked={draft.events.includes(e)} change={(on) => toggle(e, on)} />)}</div></fieldset>
        {draft.id && <Check label="On" checked={draft.enabled} change={(on) => setDraft({ ...draft, enabled: on })} />}
        <div className="flex justify-end gap-2 mt-4"><button type="button" className="button" onClick={close}>Cancel</button><button type="submit" className="button primary" disabled={busy}>Save</button></div>
      </form>
    </Dialog>
  );
}
