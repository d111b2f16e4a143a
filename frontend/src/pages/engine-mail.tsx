// One mail of the Inbox: HTML in a frame that can do nothing, text, source, headers, checks.
import { useState } from "react";
import { Link, useNavigate } from "react-router-dom";
import { api, call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { bytes, type MailFull } from "../lib/mail";
import { Badge, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { Code } from "../ui/code";
import { Check, Segments } from "../ui/fields";
import { Icon } from "../ui/icons";

type View = "html" | "text" | "source" | "headers" | "checks";

export function Mail({ id }: { id: string }) {
  const { data, error } = useGet(`/engine/inbox/${id}`, { every: 60_000 });
  const [chosen, setChosen] = useState<View>();
  const go = useNavigate();
  const may = useMay("editor");
  const { run } = useAct();
  if (!data) return <div className="p-4">{error ? <Trouble error={error} /> : <Waiting />}</div>;
  const view = chosen ?? (data.html === null ? "text" : "html");
  const wrong = data.checks.filter((c) => c.ok === false).length;
  const views: [View, string][] = [...(data.html === null ? [] : [["html", "HTML"] as [View, string]]), ["text", "Text"], ["source", "Source"], ["headers", "Headers"], ["checks", wrong ? `Checks (${wrong})` : "Checks"]];
  const remove = () => run(async () => { await call("DELETE", `/engine/inbox/${id}`); go("/loops/inbox"); }, "Deleted.");
  return (
    <>
      <div className="px-4 pt-3 pb-3 border-b line">
        <Link to="/loops/inbox" className="lg:hidden soft text-sm inline-flex items-center gap-1 mb-1"><Icon name="chevron" size={11} className="rotate-180" />Inbox</Link>
        <div className="flex gap-3 items-start"><h2 className="text-lg grow min-w-0 break-words">{data.subject || "(no subject)"}</h2>{may && <button type="button" className="button small danger" aria-label="Delete this mail" onClick={remove}><Icon name="trash" size={13} />Delete</button>}</div>
        <p className="soft text-sm break-words">{data.from} → {data.to.join(", ")} · <Time at={data.at} />{data.send && <> · <Link className="link" to={`/loops/settings/sending?mail=${data.send}`}>what became of it</Link></>}</p>
        {data.mark && <div className="mt-2 [&>div]:mb-0"><Notice>{data.mark}</Notice></div>}
        <div className="mt-3 overflow-x-auto"><Segments label="View" value={view} options={views} change={setChosen} /></div>
      </div>
      <div className="grow min-h-0 overflow-y-auto">{view === "html" ? <Html mail={data} /> : <div className="p-4"><Other mail={data} view={view} /></div>}</div>
      {data.attachments.length > 0 && <div className="border-t line px-4 py-2 flex flex-wrap gap-2" aria-label="Attachments">{data.attachments.map((a, place) => <a key={place} className="button small" href={`${api}/engine/inbox/${id}/attachments/${place}`} download><Icon name="download" size={13} />{a.filename} <span className="soft">{bytes(a.size)}</span></a>)}</div>}
    </>
  );
}

function Html({ mail }: { mail: MailFull }) {
  const [narrow, setNarrow] = useState("wide");
  const [images, setImages] = useState(false);
  const remote = /<img[^>]+src=["']?https?:(?![^"' >]*\/open\/)/i.test(mail.html ?? ""); // the pixel that counts opens is no picture
  return (
    <div className="h-full min-h-[28rem] flex flex-col">
      <div className="flex flex-wrap gap-x-4 gap-y-1 items-center px-4 py-2 border-b line text-sm">
        <Segments label="Width" value={narrow} options={[["wide", "Desktop"], ["phone", "Phone"]]} change={setNarrow} />
        {remote && <Check label="Load pictures from elsewhere" checked={images} change={setImages} />}
      </div>
      <div className="grow sunk flex justify-center min-h-0"><iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" className={`bg-white grow ${narrow === "phone" ? "max-w-[360px]" : ""}`} src={`${api}/engine/inbox/${mail.id}/html${images ? "?images=true" : ""}`} /></div>
    </div>
  );
}

function Other({ mail, view }: { mail: MailFull; view: View }) {
  if (view === "text") return mail.text ? <pre>{mail.text}</pre> : <p className="soft">This mail has no text part. Some readers then see nothing.</p>;
  if (view === "source") return <Source id={mail.id} />;
  if (view === "headers") return <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-4 gap-y-1.5 max-sm:grid-cols-1">{mail.headers.map(([name, value], i) => <div key={i} className="contents"><dt className="soft">{name}</dt><dd className="mono break-all max-sm:mb-2">{value}</dd></div>)}</dl>;
  return <Checks mail={mail} />;
}

function Source({ id }: { id: string }) {
  const { data } = useGet(`/engine/inbox/${id}/source`, { every: 600_000 });
  return data === undefined ? <Waiting /> : <Code text={data} label="Source" tall />;
}

const OPENS = /^(https?|mailto|tel):/i; // a stranger wrote these: javascript: and our own addresses are only shown

function Checks({ mail }: { mail: MailFull }) {
  return (
    <>
      <ul className="divide-y divide-line mb-5">{mail.checks.map((c) => <li key={c.name} className="py-2 flex gap-3 items-center"><span className="w-20 shrink-0"><Badge tone={c.ok === null ? "idle" : c.ok ? "good" : "bad"}>{c.ok === null ? "–" : c.ok ? "Good" : "Look"}</Badge></span><span><span className="font-medium">{c.name}</span> <span className="soft text-sm block">{c.detail}</span></span></li>)}</ul>
      <h3 className="font-medium mb-1">Links</h3>
      {mail.links.length ? <ul className="divide-y divide-line">{mail.links.map((l) => <li key={l.url} className="py-2 text-sm">{OPENS.test(l.target ?? l.url) ? <a className="link break-all" href={l.target ?? l.url} target="_blank" rel="noreferrer">{l.target ?? l.url}</a> : <span className="break-all">{l.url || "(empty)"}</span>}{l.target && <span className="soft block">Clicks are counted on the way there.</span>}{l.problem && <span className="text-bad-text block">{l.problem}</span>}</li>)}</ul> : <p className="soft">None.</p>}
    </>
  );
}
