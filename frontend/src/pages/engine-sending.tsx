// Settings → Sending of Loops (built-in): how mail leaves, and every mail with what became of it.
import { type FormEvent, useState } from "react";
import { Link, useSearchParams } from "react-router-dom";
import { number } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { Figure, Figures, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { Labelled } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { Domain } from "./engine-domain";
import { Sends } from "./engine-sends";
import { SendingForm } from "./engine-sending-form";

export default function EngineSending() {
  useTitle("Sending");
  const { data, error } = useGet("/engine/sending", { every: 4000 });
  const [params] = useSearchParams();
  if (!data) return error ? <Trouble error={error} /> : <Waiting />;
  const ambiguous = data.counts.ambiguous ?? 0;
  return (
    <>
      <Heading title="Sending">How the mail of Loops (built-in) leaves, and what became of each.</Heading>
      {data.down && <Notice tone="bad">The mail server cannot be used, so mail waits: {data.down.why} It is asked again <Time at={data.down.until} relative />.</Notice>}
      {ambiguous > 0 && <Notice tone="bad">{number(ambiguous)} {ambiguous === 1 ? "mail" : "mails"} may or may not have arrived, because the answer was lost. None is sent again by itself: decide below.</Notice>}
      <Figures>
        <Figure label="Sent" tone="good" value={number((data.counts.sent ?? 0) + (data.counts.delivered ?? 0))} note={data.mode === "inbox" ? "into the Inbox" : "over SMTP"} />
        <Figure label="Queued" tone="wait" value={number((data.counts.queued ?? 0) + (data.counts.sending ?? 0))} />
        <Figure label="Skipped" tone="idle" value={number(data.counts.skipped ?? 0)} />
        <Figure label="Bounced or refused" tone="bad" value={number((data.counts.bounced ?? 0) + (data.counts.refused ?? 0))} />
      </Figures>
      <Sends ambiguous={ambiguous > 0} mail={params.get("mail")} />
      <SendingForm key={JSON.stringify([data.mode, data.host, data.domain])} sending={data} />
      <Domain sending={data} />
      <Test inbox={data.mode === "inbox"} />
    </>
  );
}

function Test({ inbox }: { inbox: boolean }) {
  const [to, setTo] = useState("");
  const [sent, setSent] = useState<string>();
  const { run, busy } = useAct();
  const may = useMay("editor");
  const { data } = useGet(`/engine/sends/${sent}`, { every: 1500, on: !!sent });
  if (!may) return null;
  const submit = (event: FormEvent) => { event.preventDefault(); void run(async () => setSent((await call("POST", "/engine/sending/test", { to })).id)); };
  return (
    <Card title="Send test" note={inbox ? "It goes into the Inbox." : "It really leaves, over the SMTP server that is saved."}>
      <form onSubmit={submit} className="flex flex-wrap gap-3 items-end [&>div>div]:mb-0"><div className="grow max-w-sm"><Labelled label="To"><input className="field" type="email" required value={to} onChange={(e) => setTo(e.target.value)} /></Labelled></div><button type="submit" className="button primary" disabled={busy}>Send test</button></form>
      {data && <p className="mt-3" role="status">{data.state === "delivered" ? <>It is in the <Link className="link" to="/loops/inbox">Inbox</Link>.</> : data.state === "sent" ? "The mail server took it." : data.why || "On its way …"}</p>}
    </Card>
  );
}
