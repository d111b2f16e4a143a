// A delivery tells its story: the event, the request, each attempt with its answer, and what happens next.
import { Link, useParams } from "react-router-dom";
import { duration, person, pretty } from "../lib/format";
import { useGet } from "../lib/hooks";
import { known } from "../lib/states";
import type { Attempt, Delivery } from "../lib/types";
import { Badge, Copy, Notice, SOLID, Time, Trouble, Waiting } from "../ui/basics";
import { Code, Json } from "../ui/code";
import { Rich } from "../ui/fields";
import { Heading, useTitle } from "../ui/page";
import { DeliveryActions } from "./delivery-actions";

export default function DeliveryPage() {
  const { position = "", destination = "" } = useParams();
  const { data, error } = useGet(`/events/${position}/deliveries/${destination}`, { every: 3000 });
  useTitle(data ? `${data.delivery.event || data.delivery.type} · ${person(data.delivery.person)}` : "Delivery");
  if (!data) return error ? <Trouble error={error} /> : <Waiting />;
  const { delivery: d, message, attempts, chapters, next } = data;
  const told = attempts.findLastIndex((a) => a.kind === "delivery"); // the request itself, rather than a question about it
  return (
    <>
      <Heading title={<span className="inline-flex items-center gap-3 flex-wrap">{d.event || d.type} <Badge state={d.state} /></span>} back={{ to: `/destinations/${d.destination.id}`, label: d.destination.name }} actions={<DeliveryActions story={data} />}>
        <Link className="link" to={`/people/${encodeURIComponent(d.person)}`}>{person(d.person)}</Link> · {d.type} from <Link className="link" to={`/sources/${d.source.id}`}>{d.source.name}</Link> to {d.destination.name}
      </Heading>
      <Verdict delivery={d} />
      {d.warnings.map((w) => <Notice key={w}>{w}</Notice>)}
      <ol className="relative ml-2 border-l-2 line pl-6 space-y-5">
        <Step tone="accent" title={<>{d.source.name} sent <b className="font-semibold">{d.event || d.type}</b></>} at={d.received_at}>
          <Fold label="The event as it came in">{message ? <Json value={message} label="The event" /> : <p className="soft">The event itself is no longer kept.</p>}</Fold>
        </Step>
        {chapters.slice(1).map((c, i) => (
          <Step key={i} tone={c.tone} title={c.title} at={c.at}><p className="soft mb-1.5"><Rich text={c.text} /></p>{c.attempt !== null && attempts[i] && <Tried attempt={attempts[i]} open={i === told && d.state !== "delivered"} />}</Step>
        ))}
        <Step tone={known(d.state).tone} title="What happens next" at={next.at}><p className="soft">{next.text}</p></Step>
      </ol>
    </>
  );
}

function Verdict({ delivery: d }: { delivery: Delivery }) {
  return (
    <Notice tone={known(d.state).tone}>
      <b className="font-medium"><Rich text={d.reason} /></b> <code className="text-xs ml-1">{d.code}</code>
    </Notice>
  );
}

function Step({ tone, title, at, children }: { tone: keyof typeof SOLID; title: React.ReactNode; at?: string | null; children?: React.ReactNode }) {
  return (
    <li className="relative">
      <span className={`absolute -left-[31px] top-1.5 size-3 rounded-full ring-4 ring-page ${SOLID[tone]}`} aria-hidden="true" />
      <div className="flex flex-wrap gap-x-3 items-baseline mb-1.5"><h2 className="text-base !font-medium">{title}</h2>{at && <span className="soft text-sm"><Time at={at} /></span>}</div>
      {children}
    </li>
  );
}

const Fold = ({ label, children, open = false }: { label: string; children: React.ReactNode; open?: boolean }) => <details open={open} className="card px-4 py-2.5"><summary className="soft">{label}</summary><div className="pt-3 pb-1">{children}</div></details>;

function Tried({ attempt: a, open }: { attempt: Attempt; open: boolean }) {
  return (
    <details open={open} className="card px-4 py-2.5">
      <summary className="soft"><code className="break-all">{a.method} {a.url}</code> in {duration(a.duration_ms)}</summary>
      <div className="grid lg:grid-cols-2 gap-4 pt-3 pb-1">
        <div className="min-w-0"><div className="flex items-center gap-2 mb-1"><span className="soft text-sm grow">Request (secrets masked)</span><Copy text={a.curl} label="Copy as curl" /></div><Json value={{ headers: a.headers, body: a.body }} label="Request" /></div>
        <div className="min-w-0"><div className="soft text-sm mb-1 min-h-[27px] flex items-center">Answer</div><Code json label="Answer" text={pretty(a.answer ?? a.error ?? "") || "(empty)"} /></div>
      </div>
    </details>
  );
}
