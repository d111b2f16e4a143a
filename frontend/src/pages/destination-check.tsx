// Loops check: what is sent beside what Loops defines, for Loops drops what it does not know without a word.
import { useState } from "react";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { Schemas } from "../lib/contract";
import type { Check, CheckedEvent, CheckedProperty, Destination } from "../lib/types";
import { Badge, Copy, Empty, Notice, Time, Waiting } from "../ui/basics";
import { Select } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

type ContactProperty = Check["contactProperties"][number];
type Type = Schemas["NewProperty"]["type"];
type List = Check["lists"][number];
const TYPES = (["string", "number", "boolean", "date"] as const).map((t): [Type, string] => [t, t]);

export function LoopsCheck({ destination: d }: { destination: Destination }) {
  const { data: check } = useGet(`/destinations/${d.id}/check`, { every: 5000 });
  const { run, busy } = useAct();
  const may = useMay("editor");
  if (!check) return <Waiting />;
  const now = () => void run(() => call("POST", `/destinations/${d.id}/check`), "Checked.");
  const unknown = check.events.filter(missing).length + check.contactProperties.filter(missing).length + check.unknownLists.length;
  return (
    <>
      <Notice tone={!check.at || check.problem || unknown ? "wait" : "good"} actions={may && <button type="button" className="button small" disabled={busy} onClick={now}><Icon name="retry" size={13} />{busy ? "Checking …" : "Check now"}</button>}>
        {check.problem ?? (unknown ? `${unknown} ${unknown === 1 ? "name that is sent is" : "names that are sent are"} not defined in Loops, which drops them without a word.` : [...check.events, ...check.contactProperties].some((n) => !n.checked) ? "What was sent first since the last check is looked up within a minute." : "Everything that is sent is defined in Loops.")} {check.at && <span className="whitespace-nowrap">Checked <Time at={check.at} relative />.</span>}
      </Notice>
      <Card title="Events" note="An event that Loops does not define starts no workflow." pad={false}>
        <DataTable label="Events" columns={EVENTS} rows={check.events} id={(e) => e.name} empty={<Empty title="No event yet">Names that are sent, and those that Loops defines, appear here.</Empty>} />
      </Card>
      <Card title="Contact properties" note="What Loops does not have is left out of the contact." pad={false}>
        <DataTable label="Contact properties" columns={[...PROPERTIES, there(d, may)]} rows={check.contactProperties} id={(c) => c.name} empty={<Empty title="No property yet">Traits that are sent, and the properties that Loops has, appear here.</Empty>} />
      </Card>
      <Card title="Mailing lists" note={<>The id is what <code className="inline-code">mailingLists</code> names in the traits.</>} pad={false}>
        {check.unknownLists.length > 0 && <div className="px-4 pt-4 [&>*]:!mb-0"><Notice>Loops has no list with {check.unknownLists.length === 1 ? "the id" : "the ids"} {check.unknownLists.map((id, i) => <span key={id}>{i > 0 && ", "}<code className="break-all">{id}</code></span>)}, which {check.unknownLists.length === 1 ? "is" : "are"} sent.</Notice></div>}
        <DataTable label="Mailing lists" columns={LISTS} rows={check.lists} id={(l) => l.id} empty={<Empty title="Loops has no mailing list">Make one in Loops, then check again.</Empty>} />
      </Card>
    </>
  );
}

const sent = (at: string | null) => at ? <Time at={at} relative /> : <span className="soft">not lately</span>;
/** What was sent first after the last check is looked up within a minute. */
const Defined = ({ of }: { of: { defined: boolean; checked: boolean; seen: string | null } }) => <Badge tone={of.defined ? "good" : of.checked && of.seen ? "wait" : "idle"}>{of.defined ? "Defined" : of.checked ? "Not defined" : "Not checked yet"}</Badge>;
const missing = (of: { defined: boolean; checked: boolean; seen: string | null }): boolean => !!of.seen && of.checked && !of.defined;

const EVENTS: Column<CheckedEvent>[] = [
  { id: "name", head: "Event name", sort: (e) => e.name, cell: (e) => <span className="font-medium break-all">{e.name}</span> },
  { id: "defined", head: "In Loops", sort: (e) => Number(e.defined), cell: (e) => <><Defined of={e} />{e.near && <span className="block text-sm mt-0.5">Did you mean <code className="inline-code">{e.near}</code>?</span>}</> },
  { id: "properties", head: "Properties", wide: true, cell: (e) => <span className="flex flex-wrap gap-x-3 gap-y-1">{e.properties.map((p) => <Property key={p.name} property={p} defined={e.defined} />)}</span> },
  { id: "seen", head: "Last sent", sort: (e) => e.seen ?? "", cell: (e) => sent(e.seen) },
];

/** As it is sent; where Loops has it otherwise, that too. */
function Property({ property: p, defined }: { property: CheckedProperty; defined: boolean }) {
  const wrong = defined && p.type_seen !== null && p.type_seen !== p.type_defined;
  return <span className={wrong ? "text-wait-text" : ""}>{p.name} <span className={wrong ? "" : "soft"}>{p.type_seen ?? p.type_defined}{wrong && (p.type_defined ? `, in Loops ${p.type_defined}` : ", not in Loops")}</span></span>;
}

const PROPERTIES: Column<ContactProperty>[] = [
  { id: "name", head: "Property", sort: (c) => c.name, cell: (c) => <span className="font-medium break-all">{c.name}</span> },
  { id: "type", head: "Type", wide: true, sort: (c) => c.type, cell: (c) => c.type },
  { id: "seen", head: "Last sent", sort: (c) => c.seen ?? "", cell: (c) => sent(c.seen) },
];
const there = (d: Destination, may: boolean): Column<ContactProperty> => ({ id: "defined", head: "In Loops", sort: (c) => Number(c.defined), cell: (c) => c.defined || !c.checked || !may ? <Defined of={c} /> : <Create destination={d} property={c} /> });

function Create({ destination: d, property: c }: { destination: Destination; property: ContactProperty }) {
  const [type, setType] = useState<Type>(c.type as Type);
  const { run, busy } = useAct();
  const create = () => void run(async () => {
    const done = await call("POST", `/destinations/${d.id}/check/properties`, { name: c.name, type });
    if (!done.ok) throw new Error(done.message);
    return done.message.replaceAll("`", "");
  }, (message) => message);
  return <span className="flex flex-wrap gap-2 items-center"><Select label={`Type of ${c.name}`} className="!py-1" value={type} options={TYPES} change={setType} /><button type="button" className="button small" disabled={busy} onClick={create}>Create in Loops</button></span>;
}

const LISTS: Column<List>[] = [
  { id: "name", head: "Mailing list", sort: (l) => l.name, cell: (l) => <span className="font-medium">{l.name}</span> },
  { id: "id", head: "Id", cell: (l) => <span className="inline-flex items-center gap-2"><code className="break-all">{l.id}</code><Copy text={l.id} plain /></span> },
  { id: "seen", head: "Last sent", wide: true, sort: (l) => l.seen ?? "", cell: (l) => sent(l.seen) },
];
