// The Inbox of Loops (built-in): mails at the left, the one that is read at the right.
import { useDeferredValue, useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { number, plural } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useList, useMay } from "../lib/hooks";
import type { MailRow, Trouble as Mood } from "../lib/mail";
import type { Page } from "../lib/types";
import { Empty, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Search, Select } from "../ui/fields";
import { Heading, useTitle } from "../ui/page";
import { Mail } from "./engine-mail";

type Mails = Page<MailRow> & { total: number; unseen: number };
const MOODS: [Mood, string][] = [["none", "takes every mail"], ["delay", "delays: try again later"], ["refuse", "refuses every mail"], ["bounce", "bounces: no such mailbox"]];

export default function EngineInbox() {
  const { id } = useParams();
  const go = useNavigate();
  useTitle("Inbox");
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed);
  const { first: page, rows, error, more, busy } = useList("/engine/inbox", { search }, "cursor", 2000);
  const first = page as Mails | undefined;
  const sending = useGet("/engine/sending");
  const may = useMay("editor");
  const { run } = useAct();
  const clear = async () => { if (await confirm({ title: "Empty the Inbox?", body: "Every mail in it is deleted. What became of each stays under Sending.", action: "Empty it", danger: true })) await run(async () => { await call("DELETE", "/engine/inbox"); go("/loops/inbox"); }, "The Inbox is empty."); };
  const mood = (to: Mood) => run(() => call("PATCH", "/engine/sending", { trouble: to }), `The Inbox now ${MOODS.find(([key]) => key === to)![1]}.`);
  return (
    <>
      <Heading title="Inbox" actions={may && <>
        {sending.data && <Select label="What the Inbox does with new mail" value={sending.data.trouble} options={MOODS} change={mood} />}
        <button type="button" className="button danger" disabled={!first?.total} onClick={clear}>Empty</button></>}>
        {sending.data?.mode === "smtp" ? <>Mail leaves over SMTP; only test addresses stay here. <Link className="link" to="/loops/settings/sending">Sending</Link></> : <>No SMTP server is set, so every mail stays here and reaches nobody. <Link className="link" to="/loops/settings/sending">Sending</Link></>}
      </Heading>
      {sending.data && sending.data.trouble !== "none" && <Notice actions={may && <button type="button" className="button small" onClick={() => mood("none")}>Switch off</button>}>The Inbox {MOODS.find(([key]) => key === sending.data!.trouble)![1]}, as a mail server might. See what your workflows do then.</Notice>}
      <div className="card overflow-hidden lg:grid lg:grid-cols-[22rem_1fr] lg:h-[calc(100vh-11rem)] lg:min-h-[32rem]">
        <div className={`border-r line flex flex-col min-h-0 ${id ? "max-lg:hidden" : ""}`}>
          <div className="p-3 border-b line"><Search label="Search mails" value={typed} change={setTyped} /></div>
          <div className="overflow-y-auto grow">
            {error && !rows ? <div className="p-3"><Trouble error={error} /></div> : !rows ? <Waiting /> : rows.length ? <List rows={rows} active={id} /> : <Empty title={search ? "No mail like that" : "No mail yet"} actions={!search && <><Link className="button small" to="/loops/workflows">Workflows</Link><Link className="button small" to="/loops/transactional">Transactional</Link></>}>{search ? "Try another part of the address or subject." : "What a workflow or a transactional email sends appears here at once."}</Empty>}
            {more && <div className="p-3 text-center"><button type="button" className="button small" disabled={busy} onClick={more}>Show more</button></div>}
          </div>
          {first && <div className="soft text-xs px-4 py-2 border-t line tabular-nums">{plural(first.total, "mail")}, {number(first.unseen)} unread</div>}
        </div>
        <div className={`min-w-0 min-h-0 flex flex-col ${id ? "" : "max-lg:hidden"}`}>{id ? <Mail key={id} id={id} /> : <Empty title="Choose a mail">Its HTML, text, source, headers, links and checks are shown here.</Empty>}</div>
      </div>
    </>
  );
}

function List({ rows, active }: { rows: MailRow[]; active?: string }) {
  return (
    <ul aria-label="Mails">{rows.map((mail) => (
      <li key={mail.id} className="border-b line">
        <Link data-row to={`/loops/inbox/${mail.id}`} aria-current={mail.id === active ? "true" : undefined} className={`block px-4 py-2.5 ${mail.id === active ? "bg-accent-soft" : "hover:bg-sunk"}`}>
          <span className="flex gap-2 items-baseline"><span className={`grow truncate ${mail.seen ? "" : "font-semibold"}`}>{mail.to.join(", ")}</span><span className="soft text-xs"><Time at={mail.at} relative /></span></span>
          <span className={`block truncate text-sm ${mail.seen ? "soft" : ""}`}>{mail.subject || "(no subject)"}</span>
          {mail.mark && <span className="block truncate text-xs text-wait-text">{mail.mark}</span>}
        </Link>
      </li>
    ))}</ul>
  );
}
