import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router-dom";
import { call, get, type Page, type Source } from "../api";
import { Card, Empty, Heading, Labelled, number, Time, Trouble, useTitle, Waiting } from "../ui";

const TYPES = ["javascript", "node", "python", "http"];

export default function Sources() {
  useTitle("Sources");
  const { data } = useQuery({ queryKey: ["sources"], queryFn: () => get<Page<Source>>("/sources") });
  const [making, setMaking] = useState(false);
  return (
    <>
      <Heading title="Sources" actions={<button type="button" className="button primary" onClick={() => setMaking(true)}>New source</button>}>Where events come from. Each has a write key.</Heading>
      {making && <NewSource close={() => setMaking(false)} />}
      <Card pad={false}>
        {!data ? <Waiting /> : !data.data.length ? <Empty title="No source yet">Make one to get a write key.</Empty> : (
          <table>
            <thead><tr><th>Name</th><th>Type</th><th>Events</th><th>Last event</th><th>Destinations</th></tr></thead>
            <tbody>{data.data.map((s) => (
              <tr key={s.id}><td><Link className="font-medium underline" to={`/sources/${s.id}`}>{s.name}</Link>{!s.enabled && <span className="soft"> (disabled)</span>}</td>
                <td>{s.type}</td><td className="tabular-nums">{number(s.events)}</td><td><Time at={s.last_event_at} /></td><td>{s.destinations.map((d) => d.name).join(", ") || "–"}</td></tr>
            ))}</tbody>
          </table>
        )}
      </Card>
    </>
  );
}

function NewSource({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [type, setType] = useState("javascript");
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>();
  const go = useNavigate();
  const queries = useQueryClient();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const made = await call<Source>("POST", "/sources", { name, type, write_key: key || null });
      await queries.invalidateQueries({ queryKey: ["sources"] });
      go(`/sources/${made.id}`);
    } catch (problem) { setError(problem); }
  };
  return (
    <Card title="New source">
      <form onSubmit={submit}>
        <Labelled label="Name"><input className="field" required autoFocus value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
        <Labelled label="Type" help="Decides which snippet is shown first."><select className="field" value={type} onChange={(e) => setType(e.target.value)}>{TYPES.map((t) => <option key={t}>{t}</option>)}</select></Labelled>
        <Labelled label="Use an existing write key" help="Optional: keep the key of a RudderStack or Segment source, so that no app has to change it."><input className="field" value={key} onChange={(e) => setKey(e.target.value)} /></Labelled>
        {error !== undefined && <Trouble error={error} />}
        <div className="flex gap-2 mt-3"><button type="submit" className="button primary">Create source</button><button type="button" className="button" onClick={close}>Cancel</button></div>
      </form>
    </Card>
  );
}
