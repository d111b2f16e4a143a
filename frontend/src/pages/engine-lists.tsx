import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, get, type MailingList, type Page } from "../api";
import { Card, Copy, Empty, Heading, Labelled, number, Trouble, useTitle, Waiting } from "../ui";

export default function EngineLists() {
  useTitle("Lists");
  const { data } = useQuery({ queryKey: ["lists"], queryFn: () => get<Page<MailingList>>("/engine/lists") });
  const [name, setName] = useState("");
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<unknown>();
  const queries = useQueryClient();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try { await call("POST", "/engine/lists", { name, isPublic: open }); setName(""); setError(undefined); await queries.invalidateQueries({ queryKey: ["lists"] }); } catch (problem) { setError(problem); }
  };
  return (
    <>
      <Heading title="Lists">Mailing lists of Loops (built-in). Their ids go into <code>mailingLists</code>.</Heading>
      <Card pad={false}>
        {!data ? <Waiting /> : !data.data.length ? <Empty title="No list yet" /> : (
          <table><thead><tr><th>Name</th><th>ID</th><th>Visibility</th><th>Members</th></tr></thead><tbody>{data.data.map((l) => (
            <tr key={l.id}><td className="font-medium">{l.name}<div className="soft text-sm">{l.description}</div></td><td><span className="inline-flex gap-2 items-center"><code className="font-mono">{l.id}</code><Copy text={l.id} /></span></td><td>{l.isPublic ? "Public" : "Private"}</td><td className="tabular-nums">{number(l.members)}</td></tr>
          ))}</tbody></table>
        )}
      </Card>
      <Card title="New list">
        <form onSubmit={submit}>
          <Labelled label="Name"><input className="field" required value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
          <label className="flex gap-2 mb-4"><input type="checkbox" checked={open} onChange={(e) => setOpen(e.target.checked)} />Public: shown to everyone in the preference page</label>
          {error !== undefined && <Trouble error={error} />}
          <button type="submit" className="button primary">Create list</button>
        </form>
      </Card>
    </>
  );
}
