import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router-dom";
import { type Contact, get, type MailingList, type Page } from "../api";
import { Card, Empty, Heading, Time, Trouble, useTitle, Waiting } from "../ui";

export default function Audience() {
  useTitle("Audience");
  const [search, setSearch] = useState("");
  const { data, error } = useQuery({ queryKey: ["contacts", search], queryFn: () => get<Page<Contact>>(`/engine/contacts?search=${encodeURIComponent(search)}`) });
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => get<Page<MailingList>>("/engine/lists") });
  const names = Object.fromEntries((lists.data?.data ?? []).map((l) => [l.id, l.name]));
  const columns = [...new Set((data?.data ?? []).flatMap((c) => Object.keys(c.properties)))].slice(0, 6);
  if (error) return <Trouble error={error} />;
  return (
    <>
      <Heading title="Audience">The contacts of Loops (built-in).</Heading>
      <input className="field mb-4" type="search" placeholder="Search by email, user ID or name ( / )" aria-label="Search contacts" value={search} onChange={(e) => setSearch(e.target.value)} />
      <Card pad={false}>
        {!data ? <Waiting /> : !data.data.length ? <Empty title="No contacts">Call identify with an email; the contact appears here.</Empty> : (
          <table aria-label="Contacts">
            <thead><tr><th>Email</th><th>User ID</th><th>First name</th><th>Last name</th><th>Subscribed</th><th>Lists</th>{columns.map((c) => <th key={c}>{c}</th>)}<th>Created</th></tr></thead>
            <tbody>{data.data.map((c) => (
              <tr key={c.id}><td><Link className="font-medium underline" to={`/loops/audience/${c.id}`}>{c.email}</Link></td><td>{c.userId ?? "–"}</td><td>{c.firstName ?? "–"}</td><td>{c.lastName ?? "–"}</td>
                <td>{c.subscribed ? "Yes" : "No"}</td><td>{Object.keys(c.mailingLists).map((id) => names[id] ?? id).join(", ") || "–"}</td>{columns.map((k) => <td key={k}>{String(c.properties[k] ?? "–")}</td>)}<td><Time at={c.createdAt} /></td></tr>
            ))}</tbody>
          </table>
        )}
      </Card>
    </>
  );
}
