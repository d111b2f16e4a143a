// How an email is read, on a desktop and on a phone, by daylight and in the dark; and what the checks found.
import { useDeferredValue, useState } from "react";
import type { EmailMessage, EmailPreview } from "../lib/emails";
import { api, query } from "../lib/http";
import { useGet } from "../lib/hooks";
import { Badge, Empty, Notice, Time, Waiting } from "../ui/basics";
import { Segments } from "../ui/fields";
import { Card } from "../ui/page";

type Width = "desktop" | "phone" | "text";
type Props = { message: EmailMessage; found: EmailPreview | undefined; who: string | undefined; setWho: (to: string | undefined) => void; data: Record<string, string>; setData: (to: Record<string, string>) => void };

export function Shown({ message, found, who, setWho, data, setData }: Props) {
  const [width, setWidth] = useState<Width>("desktop");
  const [dark, setDark] = useState<"light" | "dark">("light");
  const views = [...(message.emailFormat === "plain" && !found?.frame ? [] : [["desktop", "Desktop"], ["phone", "Phone"]] as const), ["text", "Text"]] as [Width, string][];
  const text = width === "text" || !found?.frame;
  return (
    <Card title="Preview" actions={<div className="flex gap-2 flex-wrap"><Segments label="Width" value={text && views.length === 1 ? "text" : width} options={views} change={setWidth} /><Segments label="Light or dark" value={dark} options={[["light", "Light"], ["dark", "Dark"]]} change={setDark} /></div>}>
      {!found ? <Waiting /> : <>
        {message.kind === "workflow" ? <Person who={who} setWho={setWho} found={found} /> : <Values found={found} data={data} setData={setData} />}
        {found.reason && <Notice>{found.reason}</Notice>}
        <p className="font-medium mb-2 break-words" aria-label="Subject">{found.subject || <span className="soft">No subject</span>}</p>
        {text ? found.text.trim() ? <pre className="sunk rounded-lg border line p-3 max-h-[40rem] overflow-auto" tabIndex={0} role="region" aria-label="The email as text">{found.text}</pre> : <Empty title="Nothing to show">What is wrong stands at the editor.</Empty>
          : <div className="sunk rounded-lg border line overflow-auto"><iframe title="The email as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" src={`${api}/engine/previews/${found.frame}${query({ scheme: dark })}`} style={{ width: width === "phone" ? 360 : "100%", height: 620 }} className="block mx-auto" /></div>}
      </>}
    </Card>
  );
}

function Person({ who, setWho, found }: { who: string | undefined; setWho: (to: string | undefined) => void; found: EmailPreview }) {
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed);
  const { data } = useGet(`/engine/contacts${query({ search })}`, { keep: true, every: 60_000 });
  const pick = (to: string) => { setTyped(to); const one = data?.data.find((c) => c.email === to); setWho(one?.id); };
  return (
    <div className="mb-3">
      <label className="text-sm"><span className="soft block mb-1">As whom</span><input className="field" list="email-as" placeholder={found.filled.contact?.email ?? "a contact's email"} value={typed} onChange={(e) => pick(e.target.value)} /></label>
      <datalist id="email-as">{data?.data.slice(0, 20).map((c) => <option key={c.id} value={c.email} />)}</datalist>
      <p className="soft text-sm mt-1">{found.filled.contact ? <>With the properties of {found.filled.contact.email}{!who && ", who changed last"}</> : "There is no contact yet"}{found.filled.log && <> and the event {found.filled.log.eventName} of <Time at={found.filled.log.at} /></>}.</p>
    </div>
  );
}

function Values({ found, data, setData }: { found: EmailPreview; data: Record<string, string>; setData: (to: Record<string, string>) => void }) {
  const names = found.variables.filter((v) => v.space === "data").map((v) => v.name);
  if (!names.length) return null;
  return <div className="grid sm:grid-cols-2 gap-3 mb-3">{names.map((n) => <label key={n} className="text-sm"><span className="soft block mb-1">{n}</span><input className="field" value={data[n] ?? ""} onChange={(e) => { const { [n]: _, ...rest } = data; setData(e.target.value ? { ...rest, [n]: e.target.value } : rest); }} /></label>)}</div>;
}

export function Checks({ found }: { found: EmailPreview | undefined }) {
  if (!found) return null;
  const stops = [...found.problems.filter((p) => p.severity === "error").map((p) => `Line ${p.line}: ${p.message}`), ...found.wrong];
  const clean = !stops.length && !found.errors.length && !found.warnings.length;
  return (
    <Card title="Checks" note="Errors keep it from being published or started; advice does not.">
      {clean && <p><Badge tone="good">Nothing found</Badge></p>}
      <ul className="space-y-2.5">
        {stops.map((s) => <li key={s} className="flex gap-2 items-start"><Badge tone="bad">Error</Badge><span>{s}</span></li>)}
        {[...found.errors.map((r) => [r, true] as const), ...found.warnings.map((r) => [r, false] as const)].map(([r, error]) => (
          <li key={r.rule} className="flex gap-2 items-start"><Badge tone={error ? "bad" : "wait"}>{error ? "Error" : "Advice"}</Badge><span className="min-w-0"><span className="font-medium">{r.title}</span>: {r.items.map((i) => i.label).join(", ")}<span className="soft block text-sm">{r.description}</span></span></li>
        ))}
      </ul>
    </Card>
  );
}
