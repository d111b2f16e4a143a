// Setup of a source: write key, data plane URL, and the three calls filled in for each place they are made from.
import { useState } from "react";
import { Link } from "react-router-dom";
import { useGet } from "../lib/hooks";
import { type Place, snippets } from "../lib/snippets";
import type { Source } from "../lib/types";
import { CopyLine, Time } from "../ui/basics";
import { Code } from "../ui/code";
import { Rich, Segments } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card } from "../ui/page";

const PLACES = [["Browser", "Browser"], ["Node", "Node"], ["Python", "Python"], ["curl", "curl"]] as const;
const FIRST: Record<string, Place> = { javascript: "Browser", node: "Node", python: "Python", http: "curl" };
const CALLS = [
  ["identify", "creates or updates the contact. A new contact needs an email; best is to send it always."],
  ["identify with `mailingLists`", "subscribes (`true`) or unsubscribes (`false`)."],
  ["track", "sends an event; its name must match the event's name in Loops. Call identify first, so that the event belongs to a contact."],
];

export function Setup({ source }: { source: Source }) {
  const gateway = source.data_plane_url ?? "";
  const [place, setPlace] = useState<Place>(FIRST[source.type] ?? "Browser");
  const lists = useGet("/engine/lists", { every: 60_000 });
  return (
    <>
      <Card title="Connect">
        <div className="grid md:grid-cols-2 gap-4"><CopyLine label="Write key" text={source.write_key} /><CopyLine label="Data plane URL" text={gateway} /></div>
      </Card>
      <Arrival source={source} />
      <Card title="The three calls" actions={<Segments label="Where the calls are made" value={place} options={PLACES} change={setPlace} />}>
        <Code tall label={`Snippet for ${place}`} text={snippets[place]({ gateway, key: source.write_key, list: lists.data?.data[0]?.id })} />
        <dl className="mt-4 grid gap-x-5 gap-y-1.5 sm:grid-cols-[auto_1fr]">
          {CALLS.map(([name, text]) => <div key={name} className="contents"><dt className="font-medium"><Rich text={name!} /></dt><dd className="soft"><Rich text={text!} /></dd></div>)}
        </dl>
      </Card>
    </>
  );
}

function Arrival({ source }: { source: Source }) {
  const arrived = source.last_event_at !== null;
  return (
    <div role="status" className={`card mb-4 px-4 py-3 flex items-center gap-3 flex-wrap ${arrived ? "" : "!border-dashed"}`}>
      {arrived ? <Icon name="check" className="text-good" /> : <span className="size-2.5 rounded-full bg-wait pulse" aria-hidden="true" />}
      <span className="grow">{arrived ? <>Events arrive. The last one came <Time at={source.last_event_at} relative />.</> : <><b className="font-medium">Waiting for the first event …</b> <span className="soft">Run one of the snippets below, or use Try it.</span></>}</span>
      <Link className="link" to={arrived ? `/sources/${source.id}/events` : "/try"}>{arrived ? "See them" : "Try it"}</Link>
    </div>
  );
}
