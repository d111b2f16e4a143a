// One transactional email: its editor, the call that sends it, and its sends.
import { Link, useParams } from "react-router-dom";
import type { OneTransactional, SendRow } from "../lib/emails";
import { call } from "../lib/http";
import { useAct, useGet, useList, useMay } from "../lib/hooks";
import { Badge, Copy, Empty, Notice, Tag, Time, Trouble, Waiting } from "../ui/basics";
import { Code } from "../ui/code";
import { confirm } from "../ui/dialog";
import { Card, Heading, Tabs, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { EmailEditor } from "./email-editor";
import { State } from "./engine-transactional";

const TABS = [["email", "Email"], ["api", "API"], ["sends", "Sends"]] as const;
const SENDS: Column<SendRow>[] = [
  { id: "at", head: "Time", cell: (s) => <Time at={s.at} /> }, { id: "to", head: "To", cell: (s) => <span className="break-all">{s.email}{s.kind === "test" && <> <Tag>Test</Tag></>}</span> }, { id: "subject", head: "Subject", wide: true, cell: (s) => s.subject || "–" },
  { id: "state", head: "State", cell: (s) => <Badge tone={s.state === "delivered" || s.state === "sent" ? "good" : s.state === "queued" || s.state === "sending" ? "wait" : s.state === "skipped" ? "idle" : "bad"}>{s.state}</Badge> }, { id: "why", head: "Why", wide: true, cell: (s) => s.why || "–" },
];

export default function TransactionalOne() {
  const { id = "", tab = "email" } = useParams();
  const { data: e, error } = useGet(`/engine/transactional/${id}`, { every: 5000 });
  const { run, busy } = useAct();
  const may = useMay("editor");
  useTitle(e?.name ?? "Transactional");
  if (!e) return error ? <Trouble error={error} /> : <Waiting />;
  const path = `/engine/transactional/${id}` as const;
  const publish = async () => { if (await confirm({ title: `Publish “${e.name}”?`, body: e.published ? "What is sent from now on is the draft." : "From now on it can be sent.", action: "Publish" })) void run(() => call("POST", `${path}/publish`), "Published."); };
  const actions = may && (e.draft ? <button type="button" className="button primary" disabled={busy || e.problems.length > 0} title={e.problems[0]} onClick={publish}>Publish</button> : <button type="button" className="button" disabled={busy} onClick={() => void run(() => call("POST", `${path}/draft`), "A draft to edit.")}>Edit</button>);
  return (
    <>
      <Heading title={<span className="inline-flex items-center gap-3 flex-wrap">{e.name} <State of={e.state} /></span>} back={{ to: "/loops/transactional", label: "Transactional" }} actions={actions}><code className="break-all">{e.id}</code> <Copy text={e.id} plain /></Heading>
      <Tabs active={tab} tabs={TABS.map(([key, label]) => ({ to: `/loops/transactional/${id}/${key}`, label }))} />
      {tab === "api" ? <Api email={e} /> : tab === "sends" ? <Sends id={id} /> : <EmailEditor id={e.draft ?? e.published ?? ""} />}
    </>
  );
}

function Api({ email: e }: { email: OneTransactional }) {
  const json = JSON.stringify(e.example.body, null, 2);
  const curl = `curl -X POST ${e.example.url} \\\n  -H "Authorization: Bearer $LOOPS_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -H "Idempotency-Key: $(uuidgen)" \\\n  -d '${json.replace(/'/g, "'\\''")}'`;
  const node = `import { LoopsClient } from "loops";\n\nconst loops = new LoopsClient(process.env.LOOPS_API_KEY);\nloops.apiRoot = "${e.example.url.replace(/v1\/transactional$/, "")}";\nawait loops.sendTransactionalEmail(${json});`;
  return (
    <>
      {!e.published && <Notice>It is not published: a call is answered with 400 until it is.</Notice>}
      <Card title="Send it"><Code text={curl} label="With curl" /><p className="soft my-3">The key is under <Link className="link" to="/loops/settings/api">API</Link>. One <code className="inline-code">Idempotency-Key</code> sends one mail; used again within 24 hours it is answered with 409.</p></Card>
      <Card title="With Loops' own client"><Code text={node} label="With Loops' own client" /></Card>
    </>
  );
}

function Sends({ id }: { id: string }) {
  const { rows, more, busy, error } = useList(`/engine/transactional/${id}/sends`, {}, "cursor", 4000);
  if (error) return <Trouble error={error} />;
  return <Card pad={false}><DataTable label="Sends" columns={SENDS} rows={rows} id={(s) => s.id} more={more} busy={busy} empty={<Empty title="Not sent yet">Each call, and each test, becomes a row here.</Empty>} /></Card>;
}
