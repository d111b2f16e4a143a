// Audience of Loops (built-in): its contacts, with every property as a column.
import { useDeferredValue, useState } from "react";
import { Link } from "react-router-dom";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import type { Contact, MailingList, Page } from "../lib/types";
import { Badge, Empty, Time, Trouble } from "../ui/basics";
import { Search } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const text = (value: unknown) => value === null || value === undefined || value === "" ? <span className="soft">–</span> : String(value);

export default function Audience() {
  useTitle("Audience");
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed);
  const { data, error } = useGet<Page<Contact>>(`/engine/contacts${query({ search })}`, { keep: true, every: 5000 });
  const lists = useGet<Page<MailingList>>("/engine/lists");
  const names = Object.fromEntries((lists.data?.data ?? []).map((l) => [l.id, l.name]));
  const properties = [...new Set((data?.data ?? []).flatMap((c) => Object.keys(c.properties)))].slice(0, 6);
  const columns: Column<Contact>[] = [
    { id: "email", head: "Email", sort: (c) => c.email, cell: (c) => <Link className="link" to={`/loops/audience/${c.id}`}>{c.email}</Link> },
    { id: "user", head: "User ID", sort: (c) => c.userId ?? "", cell: (c) => text(c.userId) }, { id: "first", head: "First name", wide: true, sort: (c) => c.firstName ?? "", cell: (c) => text(c.firstName) }, { id: "last", head: "Last name", wide: true, cell: (c) => text(c.lastName) },
    { id: "sub", head: "Subscribed", cell: (c) => <Badge tone={c.subscribed ? "good" : "idle"}>{c.subscribed ? "Yes" : "No"}</Badge> }, { id: "lists", head: "Lists", wide: true, cell: (c) => text(Object.keys(c.mailingLists).map((id) => names[id] ?? id).join(", ")) },
    ...properties.map((k): Column<Contact> => ({ id: `p.${k}`, head: k, wide: true, cell: (c) => text(c.properties[k]) })), { id: "made", head: "Created", wide: true, sort: (c) => c.createdAt, cell: (c) => <Time at={c.createdAt} /> },
  ];
  if (error && !data) return <Trouble error={error} />;
  return (
    <>
      <Heading title="Audience">The contacts of Loops (built-in).</Heading>
      <Card pad={false} title={<Search label="Search contacts" placeholder="Search by email, user ID or name" value={typed} change={setTyped} className="max-w-md" />}>
        <DataTable label="Contacts" columns={columns} rows={data?.data} id={(c) => c.id} to={(c) => `/loops/audience/${c.id}`} empty={<Empty title={search ? "Nobody is found" : "No contacts yet"} actions={<Link className="button" to="/try">Try it</Link>}>Call identify with an email; the contact appears here.</Empty>} />
      </Card>
    </>
  );
}
