import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";
import { type Destination, get, type Page } from "../api";
import { Badge, Card, Empty, Heading, number, useTitle, Waiting } from "../ui";

export default function Destinations() {
  useTitle("Destinations");
  const { data } = useQuery({ queryKey: ["destinations"], queryFn: () => get<Page<Destination>>("/destinations") });
  return (
    <>
      <Heading title="Destinations" actions={<Link className="button primary" to="/destinations/new">New destination</Link>}>Where events go.</Heading>
      <Card pad={false}>
        {!data ? <Waiting /> : !data.data.length ? <Empty title="No destination yet">Choose Loops, or Loops (built-in) to try everything on this machine.</Empty> : (
          <table>
            <thead><tr><th>Name</th><th>Type</th><th>Status</th><th>Sources</th><th>Delivered</th><th>Waiting</th><th>Failed</th></tr></thead>
            <tbody>{data.data.map((d) => (
              <tr key={d.id}><td><Link className="font-medium underline" to={`/destinations/${d.id}`}>{d.name}</Link></td>
                <td>{d.settings.base_url === "builtin" ? "Loops (built-in)" : d.label}</td><td><Badge state={d.health.state} /></td><td>{d.sources.map((s) => s.name).join(", ") || "–"}</td>
                <td className="tabular-nums">{number(d.counts.delivered)}</td><td className="tabular-nums">{number(d.counts.waiting + d.counts.sending + d.counts.retrying)}</td>
                <td className={`tabular-nums ${d.counts.dead ? "text-red-700 dark:text-red-300 font-semibold" : ""}`}>{number(d.counts.dead)}</td></tr>
            ))}</tbody>
          </table>
        )}
      </Card>
    </>
  );
}
