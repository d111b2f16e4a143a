import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router-dom";
import { type Contact, get } from "../api";
import { Card, Empty, Heading, Time, Trouble, useTitle, Waiting } from "../ui";

export default function ContactPage() {
  const { id = "" } = useParams();
  const { data: c, error } = useQuery({ queryKey: ["contact", id], queryFn: () => get<Contact>(`/engine/contacts/${id}`) });
  useTitle(c?.email ?? "Contact");
  if (error) return <Trouble error={error} />;
  if (!c) return <Waiting />;
  const rows: [string, unknown][] = [["Email", c.email], ["User ID", c.userId], ["First name", c.firstName], ["Last name", c.lastName], ["Source", c.source], ["User group", c.userGroup], ["Subscribed", c.subscribed ? "Yes" : "No"], ...Object.entries(c.properties)];
  return (
    <>
      <Heading title={c.email} back={{ to: "/loops/audience", label: "Audience" }}>Created <Time at={c.createdAt} /></Heading>
      <div className="grid md:grid-cols-2 gap-5 items-start">
        <Card title="Properties" pad={false}><table><tbody>{rows.map(([k, v]) => <tr key={k}><td className="soft w-40">{k}</td><td className="break-all">{v === null || v === "" ? "–" : String(v)}</td></tr>)}</tbody></table></Card>
        <Card title="Mailing lists" pad={false}><table><tbody>{c.lists?.map((l) => <tr key={l.id}><td>{l.name}</td><td>{l.subscribed ? "Subscribed" : <span className="soft">Not on it</span>}</td></tr>)}</tbody></table></Card>
      </div>
      <Card title="Events" pad={false}>
        {!c.events?.length ? <Empty title="No events yet" /> : <table><thead><tr><th>Time</th><th>Event</th><th>Warnings</th></tr></thead><tbody>{c.events.map((e) => (
          <tr key={e.id}><td><Time at={e.at} /></td><td><Link className="underline" to={`/loops/settings/events/${e.id}`}>{e.eventName}</Link></td><td>{e.warnings.length || "–"}</td></tr>
        ))}</tbody></table>}
      </Card>
    </>
  );
}
