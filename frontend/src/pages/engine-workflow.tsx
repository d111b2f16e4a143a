// One workflow: the graph that is edited in place, who is where, what would happen to a contact, and how it was before.
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { plural } from "../lib/format";
import { call, Problem, query } from "../lib/http";
import { useAct, useGet, useList, useMay } from "../lib/hooks";
import { type Run, STATUS, type Workflow } from "../lib/workflow";
import { Badge, Empty, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Check, Labelled } from "../ui/fields";
import { Card, Heading, Tabs, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { Graph } from "./engine-workflow-graph";
import { type Change, type Edit, Inspector } from "./engine-workflow-inspector";

const TABS: [string, string][] = [["build", "Build"], ["contacts", "Contacts"], ["rehearsal", "What would happen"], ["revisions", "Revisions"]];

export default function EngineWorkflow() {
  const { id = "", tab = "build" } = useParams();
  const { data: workflow, error } = useGet(`/engine/workflows/${id}`, { every: 3000 });
  useTitle(workflow?.name ?? "Workflow");
  if (!workflow) return error ? <Trouble error={error} /> : <Waiting />;
  const tabs = TABS.map(([key, label]) => ({ to: `/loops/workflows/${id}/${key}`, label }));
  return (
    <>
      <Heading title={<span className="inline-flex flex-wrap items-center gap-3">{workflow.name}<Badge tone={STATUS[workflow.status].tone}>{STATUS[workflow.status].label}</Badge></span>} back={{ to: "/loops/workflows", label: "Workflows" }} actions={<Switches workflow={workflow} />}>
        {workflow.trigger} · {plural(workflow.totals.inside, "contact")} inside · {plural(workflow.sent, "email")} sent
      </Heading>
      <Tabs tabs={tabs} active={tab} />
      {tab === "contacts" ? <Contacts workflow={workflow} /> : tab === "rehearsal" ? <Rehearse workflow={workflow} /> : tab === "revisions" ? <Revisions workflow={workflow} /> : <Build workflow={workflow} />}
    </>
  );
}

function Switches({ workflow }: { workflow: Workflow }) {
  const { run, busy } = useAct();
  const go = useNavigate();
  if (!useMay("editor")) return null;
  const to = (state: "start" | "pause" | "stop", done: string, more = {}) => run(() => call("POST", `/engine/workflows/${workflow.id}/state`, { to: state, ...more }), done);
  const remove = async () => {
    const { inside } = workflow.totals, sending = workflow.status === "Sending";
    if (!await confirm({ title: `Delete ${workflow.name}?`, body: `${sending ? "It stops sending. " : ""}${inside ? `${plural(inside, "contact")} inside leave${inside === 1 ? "s" : ""}. ` : ""}This cannot be undone.`, action: "Delete", danger: true })) return;
    await run(async () => { await call("DELETE", `/engine/workflows/${workflow.id}${query({ revision: workflow.revision, confirm: true })}`); go("/loops/workflows"); }, "Deleted.");
  };
  return (
    <>
      <button type="button" className="button danger" disabled={busy} onClick={() => void remove()}>Delete</button>
      {workflow.status !== "Draft" && workflow.status !== "Paused" && <button type="button" className="button" disabled={busy} title="Nobody new is queued; contacts inside wait until it is started again" onClick={() => void to("stop", "Stopped. Nobody new is queued.")}>Stop</button>}
      {workflow.status === "Sending"
        ? <button type="button" className="button" disabled={busy} title="New contacts are queued for a day" onClick={() => void to("pause", "Paused. New contacts are queued for 24 hours.")}>Pause</button>
        : <button type="button" className="button primary" disabled={busy} onClick={() => void to("start", "Started.")}>{workflow.status === "Draft" ? "Start" : "Resume"}</button>}
    </>
  );
}

/** What is sending cannot be changed: says so, and is one click from the change and one from going on. */
function Pausing({ workflow }: { workflow: Workflow }) {
  const { run, busy } = useAct();
  const may = useMay("editor");
  const to = (state: "start" | "pause" | "stop", done: string) => run(() => call("POST", `/engine/workflows/${workflow.id}/state`, { to: state }), done);
  const inside = workflow.totals.inside ? `${plural(workflow.totals.inside, "contact")} inside wait${workflow.totals.inside === 1 ? "s" : ""}` : "";
  if (workflow.status === "Sending") return may && (
    <Notice tone="idle" actions={<button type="button" className="button small" disabled={busy} onClick={() => void to("pause", "Paused. Make your change, then resume.")}>Pause and edit</button>}>
      It is sending, so it cannot be changed. Pause it, make the change, resume: nobody is lost, because contacts inside wait and new ones are queued for 24 hours.
    </Notice>
  );
  if (workflow.status !== "PausedAndQueueing" || !workflow.pausedAt) return null;
  const until = new Date(Date.parse(workflow.pausedAt) + 86_400_000).toISOString();
  return (
    <Notice actions={may && <button type="button" className="button small primary" disabled={busy} onClick={() => void to("start", "Resumed.")}>Resume sending</button>}>
      Paused: {inside ? `${inside}, ` : ""}new contacts are queued until <Time at={until} />. After that it is stopped.
    </Notice>
  );
}

/** Sends an edit for the revision that is seen; asks first when contacts would be let go. */
function useEdit(workflow: Workflow) {
  const { run } = useAct();
  return (edit: Change, done?: string) => run(async () => {
    const send = (more = {}) => call("POST", `/engine/workflows/${workflow.id}/edit`, { revision: workflow.revision, ...edit, ...more });
    const found = await send();
    if (found.status !== "queuedContactsFound") return found;
    if (!await confirm({ title: "Contacts are waiting here", body: `${plural(found.queued, "contact")} would be let go from the workflow.`, action: "Let them go", danger: true })) throw new Problem(0, "Nothing was changed.");
    return send({ discard: true });
  }, done);
}

function Build({ workflow }: { workflow: Workflow }) {
  const [chosen, choose] = useState<string | null>(null);
  const send = useEdit(workflow);
  const may = useMay("editor"), locked = !may || workflow.status === "Sending";
  const node = workflow.nodes.find((n) => n.id === chosen), wrong = workflow.nodes.filter((n) => n.problems.length);
  const edit: Edit = (given, done) => send(given, done);
  const made = async (given: Change) => { const found = await send(given); if (found?.node) choose(found.node); };
  const side = useRef<HTMLDivElement>(null);
  // on a phone the inspector stands below the drawing
  useEffect(() => { if (chosen && window.innerWidth < 1024) side.current?.scrollIntoView({ block: "nearest" }); }, [chosen]);
  return (
    <><Pausing workflow={workflow} />
    <div className="grid lg:grid-cols-[minmax(0,1fr)_340px] gap-4 items-start">
      <Graph nodes={workflow.nodes} chosen={chosen} choose={choose} add={locked ? undefined : (from, target, kind) => void made({ op: "insert", node: from, target, kind })} branch={locked ? undefined : (fork) => void made({ op: "branch", node: fork })} />
      <div ref={side} className="min-w-0 scroll-mt-16 lg:sticky lg:top-4">
        {node ? <Inspector workflow={workflow} node={node} edit={edit} locked={locked} /> : (
          <Card title={workflow.status === "Draft" ? "Before the start" : "Steps"}>
            {wrong.length ? <ul className="space-y-2">{wrong.map((n) => <li key={n.id}><button type="button" className="text-left hover:underline" onClick={() => choose(n.id)}><span className="font-medium">{n.title}</span><span className="soft block text-sm">{n.problems[0]}</span></button></li>)}</ul>
              : <p className="soft">{workflow.status === "Sending" ? "Choose a step to see its settings and numbers." : `Everything is set. Choose a node to change it, or ${workflow.status === "Draft" ? "start" : "resume"} the workflow.`}</p>}
          </Card>
        )}
        <Rename key={workflow.revision} workflow={workflow} edit={edit} may={may} />
      </div>
    </div></>
  );
}

function Rename({ workflow, edit, may }: { workflow: Workflow; edit: Edit; may: boolean }) {
  const [name, setName] = useState(workflow.name);
  if (!may) return null;
  const save = (event: FormEvent) => { event.preventDefault(); void edit({ op: "rename", payload: { name } }, "Saved."); };
  return <Card title="Name"><form onSubmit={save} className="flex gap-2"><input aria-label="Name" className="field" required maxLength={255} value={name} onChange={(e) => setName(e.target.value)} /><button type="submit" className="button" disabled={name === workflow.name}>Save</button></form></Card>;
}

function Contacts({ workflow }: { workflow: Workflow }) {
  const [inside, setInside] = useState(true), [node, setNode] = useState("");
  const { rows, more, busy } = useList(`/engine/workflows/${workflow.id}/runs`, { inside: String(inside), node }, "before", 3000);
  const title = new Map(workflow.nodes.map((n, i) => [n.id, `${i + 1}. ${n.title}`]));
  const columns: Column<Run>[] = [
    { id: "contact", head: "Contact", sort: (r) => r.email ?? "", cell: (r) => r.email ? <Link className="link" to={`/loops/audience/${r.contact}`}>{r.email}</Link> : <span className="soft">deleted</span> },
    { id: "node", head: "At", sort: (r) => title.get(r.node) ?? "", cell: (r) => title.get(r.node) ?? "a node that was deleted" },
    { id: "state", head: "State", cell: (r) => r.state === "waiting" ? <>until <Time at={r.due} /></> : r.state === "ready" ? "goes on" : r.state === "done" ? "Finished" : <span className="soft">{r.why}</span> },
    { id: "entered", head: "Entered", wide: true, sort: (r) => r.enteredAt, cell: (r) => <Time at={r.enteredAt} /> },
    { id: "ended", head: "Left", wide: true, sort: (r) => r.endedAt ?? "", cell: (r) => <Time at={r.endedAt} /> },
  ];
  return (
    <Card title={<span className="flex flex-wrap items-center gap-4 font-normal"><select aria-label="Node" className="field !w-auto" value={node} onChange={(e) => setNode(e.target.value)}><option value="">All nodes</option>{workflow.nodes.map((n) => <option key={n.id} value={n.id}>{title.get(n.id)}{n.inside ? ` (${n.inside})` : ""}</option>)}</select><Check label="Only who is inside" checked={inside} change={setInside} /></span>} pad={false}>
      <DataTable label="Contacts" columns={columns} rows={rows} id={(r) => r.id} more={more} busy={busy} empty={<Empty title="Nobody here">{workflow.status === "Draft" ? "Nobody enters a draft: start the workflow first." : "Contacts appear here as soon as the trigger fires."}</Empty>} />
    </Card>
  );
}

const PASSED: Record<string, string> = { TimerAction: "is over", AudienceFilter: "lets them pass", BranchNode: "takes the first path that matches", ExperimentBranchNode: "draws a path", VariantNode: "is drawn" };
const DID: Record<string, string> = { sent: "the email is sent", passed: "goes on", left: "leaves", done: "is through", waits: "still waits, until then" };

function Rehearse({ workflow }: { workflow: Workflow }) {
  const [typed, setTyped] = useState(""), [days, setDays] = useState("30"), [who, setWho] = useState<string>();
  const { data, error } = useGet(`/engine/workflows/${workflow.id}/rehearsal${query({ contact: who, days })}`, { on: !!who });
  return (
    <div className="grid lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-4 items-start">
      <div>
        <Card title="Who?" note="As the contact is now, from now on. Nothing is written and nothing is sent.">
          <form className="flex flex-wrap items-end gap-3" onSubmit={(e) => { e.preventDefault(); setWho(typed.trim()); }}>
            <div className="grow basis-56"><Labelled label="Email or contact id"><input className="field" required value={typed} onChange={(e) => setTyped(e.target.value)} placeholder="ada@example.com" /></Labelled></div>
            <div className="w-24"><Labelled label="Days"><input className="field" type="number" min={1} max={366} value={days} onChange={(e) => setDays(e.target.value)} /></Labelled></div>
            <button type="submit" className="button primary mb-4">Look ahead</button>
          </form>
        </Card>
        {error ? <Trouble error={error} /> : data && <Card title={data.email}>
          {!data.enters && <Notice>{data.why}</Notice>}
          <ol className="space-y-3">{data.path.map((s) => <li key={s.node + s.did} className="flex gap-3"><span className="w-32 shrink-0 soft tabular-nums"><Time at={s.at} /></span><span><span className="font-medium">{s.title}</span>{s.subject && <> “{s.subject}”</>} <span className="soft">{s.type.endsWith("Trigger") && s.did === "passed" ? "starts it" : (s.did === "passed" && PASSED[s.type]) || DID[s.did]}</span></span></li>)}</ol>
          {data.enters && <p className="soft border-t line pt-3 mt-4">{data.ends}</p>}
        </Card>}
      </div>
      <Graph nodes={workflow.nodes} chosen={null} choose={() => undefined} path={new Set(data?.path.map((s) => s.node))} />
    </div>
  );
}

function Revisions({ workflow }: { workflow: Workflow }) {
  const { data } = useGet(`/engine/workflows/${workflow.id}/revisions`);
  const send = useEdit(workflow);
  const may = useMay("editor") && workflow.status !== "Sending";
  const columns: Column<{ id: string; at: string; what: string }>[] = [
    { id: "at", head: "Time", cell: (r) => <Time at={r.at} /> }, { id: "what", head: "What", cell: (r) => r.what }, { id: "id", head: "Revision", wide: true, cell: (r) => <code className="soft">{r.id}</code> },
    { id: "back", head: "", cell: (r) => r.id === workflow.revision ? <span className="soft">now</span> : may && <button type="button" className="button small" onClick={() => void send({ op: "restore", target: r.id }, "The graph is as it was then.")}>Restore the graph</button> },
  ];
  return <><Pausing workflow={workflow} /><Card pad={false}><DataTable label="Revisions" columns={columns} rows={data?.data} id={(r) => r.id} empty={<Empty title="No revision" />} /></Card></>;
}
