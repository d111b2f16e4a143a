// One contact of Loops (built-in): properties, mailing lists, events.
import { Link, useParams } from "react-router-dom";
import { useGet } from "../lib/hooks";
import type { Contact, LogRow } from "../lib/types";
import { Badge, Empty, Time, Trouble, Waiting } from "../ui/basics";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const EVENTS: Column<LogRow>[] = [
  { id: "at", head: "Time", cell: (e) => <Time at={e.at} /> }, { id: "name", head: "Event", cell: (e) => <Link className="link" to={`/loops/settings/events/${e.id}`}>{e.eventName}</Link> }, { id: "warnings", head: "Warnings", num: true, cell: (e) => e.warnings.length || "–" },
];

export default function ContactPage() {
  const { id = "" } = useParams();
  const { data: c, error } = useGet<Contact>(`/engine/contacts/${id}`, { every: 5000 });
  useTitle(c?.email ?? "Contact");
  if (!c) return error ? <Trouble error={error} /> : <Waiting />;
  const rows: [string, unknown][] = [["Email", c.email], ["User ID", c.userId], ["First name", c.firstName], ["Last name", c.lastName], ["Source", c.source], ["User group", c.userGroup], ["Subscribed", c.subscribed ? "Yes" : "No"], ...Object.entries(c.properties)];
  return (
    <>
      <Heading title={<span className="break-all">{c.email}</span>} back={{ to: "/loops/audience", label: "Audience" }} actions={<Link className="button" to={`/people/${encodeURIComponent(c.userId ?? c.email)}`}>Their calls</Link>}>Created <Time at={c.createdAt} /></Heading>
      <div className="grid md:grid-cols-2 gap-x-4 items-start">
        <Card title="Properties" pad={false}><table aria-label="Properties"><tbody>{rows.map(([k, v]) => <tr key={k}><td className="soft w-40">{k}</td><td className="break-all">{v === null || v === "" ? "–" : String(v)}</td></tr>)}</tbody></table></Card>
        <Card title="Mailing lists" pad={false}><table aria-label="Mailing lists"><tbody>{c.lists?.map((l) => <tr key={l.id}><td>{l.name}</td><td>{l.subscribed ? <Badge tone="good">Subscribed</Badge> : <span className="soft">Not on it</span>}</td></tr>)}</tbody></table></Card>
      </div>
      <Card title="Events" pad={false}><DataTable label="Events" columns={EVENTS} rows={c.events ?? []} id={(e) => e.id} to={(e) => `/loops/settings/events/${e.id}`} empty={<Empty title="No events yet">A track call of this person appears here.</Empty>} /></Card>
    </>
  );
}
