// One person's time line: every call, across anonymous and known, and what became of each.
import { Link } from "react-router-dom";
import { person as bare } from "../lib/format";
import { missing, useList } from "../lib/hooks";
import { known } from "../lib/states";
import type { EventRow } from "../lib/types";
import { Badge, Copy, Empty, SOLID, Tag, Time, Trouble, Waiting } from "../ui/basics";
import { Json } from "../ui/code";
import { Card, Heading } from "../ui/page";
import { ForgetButton } from "./forget";
import { KINDS } from "./people";

export function TimeLine({ person }: { person: string }) {
  const { first, rows, error, more, busy } = useList("/people/timeline", { person }, "before", 4000);
  const ids = first?.identifiers ?? [];
  const title = ids.find((i) => i.kind === "email")?.value ?? bare(person);
  return (
    <>
      <Heading title={<span className="break-all">{title}</span>} back={{ to: "/people", label: "People" }} actions={<><ForgetButton ids={ids} /><Copy text={location.href} label="Share link" /></>}>
        {ids.length > 0 && <span className="flex flex-wrap gap-x-3 gap-y-1">{ids.map((i) => <span key={i.kind + i.value} className="break-all"><Tag>{KINDS[i.kind]}</Tag> {i.value}</span>)}</span>}
      </Heading>
      {error && !rows ? (missing(error) ? <Card><Empty title="Nobody is known by this" actions={<Link className="button" to="/people">Search again</Link>}>Check the spelling. Events are kept for as long as retention says.</Empty></Card> : <Trouble error={error} />)
        : !rows ? <Waiting /> : !rows.length ? <Card><Empty title="No calls of this person are kept">Check the spelling; identify and track calls appear here as they come in.</Empty></Card> : (
          <ol className="relative ml-2 border-l-2 line pl-6 space-y-3" aria-label="Time line">{rows.map((e) => <Moment key={e.id} event={e} />)}</ol>
        )}
      {more && <button type="button" className="button mt-4" disabled={busy} onClick={more}>Show older</button>}
    </>
  );
}

function Moment({ event: e }: { event: EventRow }) {
  const worst = e.fates.map((f) => known(f.state).tone).sort((a, b) => "bad wait idle good".indexOf(a) - "bad wait idle good".indexOf(b))[0] ?? "wait";
  const address = e.fates.length === 1 && e.fates[0]!.destinationId ? `/deliveries/${e.id}/${e.fates[0]!.destinationId}` : `/events/${e.id}`;
  return (
    <li className="relative">
      <span className={`absolute -left-[31px] top-4 size-3 rounded-full ring-4 ring-page ${SOLID[worst]}`} aria-hidden="true" />
      <div className="card px-4 py-3">
        <div className="flex flex-wrap gap-x-3 gap-y-1 items-center"><Tag tone={e.type === "identify" ? "accent" : "idle"}>{e.type}</Tag><Link className="link" to={address}>{e.event ?? e.type}</Link>{!e.userId && <Tag>anonymous</Tag>}<span className="grow" /><span className="soft text-sm"><Time at={e.receivedAt} /> · {e.source}</span></div>
        {e.fates.map((f) => (
          <div key={f.destinationId ?? "none"} className="flex flex-wrap gap-x-2.5 gap-y-1 items-center mt-1.5">
            <Badge state={f.state} />{f.destination && (f.destinationId ? <Link className="hover:underline" to={`/deliveries/${e.id}/${f.destinationId}`}>{f.destination}</Link> : f.destination)}<span className="soft">{f.reason}</span>
          </div>
        ))}
        {e.message && <details className="mt-2"><summary className="soft text-sm">The call</summary><div className="pt-2"><Json value={e.message} label="The call" /></div></details>}
      </div>
    </li>
  );
}
