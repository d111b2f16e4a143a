// People: find a person by userId, email or anonymousId; their calls and what became of each, in one time line.
import { useDeferredValue, useState } from "react";
import { Link, useParams } from "react-router-dom";
import { person as bare } from "../lib/format";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import type { PersonRow } from "../lib/types";
import { Empty, Tag, Time } from "../ui/basics";
import { Search } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { Started } from "./started";
import { type Column, DataTable } from "../ui/table";
import { TimeLine } from "./person";

export const KINDS = { user: "userId", email: "email", anon: "anonymousId" };
const personLink = (person: string): string => `/people/${encodeURIComponent(person)}`;

const COLUMNS: Column<PersonRow>[] = [
  { id: "person", head: "Person", cell: (p) => <Link className="link break-all" to={personLink(p.person)}>{p.identifiers.find((i) => i.kind === "email")?.value ?? bare(p.person)}</Link> },
  { id: "ids", head: "Known by", wide: true, cell: (p) => <span className="flex flex-wrap gap-x-3 gap-y-1">{p.identifiers.map((i) => <span key={i.kind + i.value} className="break-all"><Tag>{KINDS[i.kind]}</Tag> {i.value}</span>)}</span> },
  { id: "seen", head: "Last seen", cell: (p) => <Time at={p.last_seen} relative /> },
];

export default function People() {
  const { person } = useParams();
  useTitle(person ? bare(person) : "People");
  return person ? <TimeLine key={person} person={person} /> : <Find />;
}

function Find() {
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const { data } = useGet(`/people${query({ search, limit: 50 })}`, { keep: true });
  return (
    <>
      <Heading title="People">Why did Ada not get the email? Find her, and read what became of each of her calls.</Heading>
      <form className="mb-4 flex gap-2" onSubmit={(e) => e.preventDefault()}>
        <Search label="Search people" placeholder="userId, email or anonymousId" autoFocus value={typed} change={setTyped} />
        {search && <Link className="button" to={personLink(search)}>Open {search.length > 24 ? `${search.slice(0, 24)}…` : search}</Link>}
      </form>
      <Card title={search ? "Found" : "Seen last"} pad={false}>
        <DataTable label="People" columns={COLUMNS} rows={data?.data} id={(p) => p.person} to={(p) => personLink(p.person)} empty={<Empty title={search ? "Nobody is known by this" : "Nobody yet"} actions={!search && <Started />}>{search ? "Type the beginning of a userId, email or anonymousId." : "People appear here with their first call."}</Empty>} />
      </Card>
    </>
  );
}
