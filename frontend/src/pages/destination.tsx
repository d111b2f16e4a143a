// One destination: its tabs, what it is doing, and why it halts when it does.
import { Link, useParams } from "react-router-dom";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { Destination } from "../lib/types";
import { Badge, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Heading, Tabs, useTitle } from "../ui/page";
import { LoopsCheck } from "./destination-check";
import { Configuration } from "./destination-configuration";
import { Consent } from "./destination-consent";
import { DestinationEvents } from "./destination-events";
import { Filtering } from "./destination-filtering";
import { Mapping } from "./destination-mapping";
import { DestinationSources } from "./destination-sources";
import { kindOf } from "./destinations";

const TABS: [key: string, label: string, loops: boolean, page: (p: { destination: Destination }) => React.ReactNode][] = [
  ["events", "Events", false, DestinationEvents], ["configuration", "Configuration", false, Configuration], ["filtering", "Event filtering", true, Filtering],
  ["mapping", "Mapping", true, Mapping], ["check", "Loops check", true, LoopsCheck], ["consent", "Consent", true, Consent], ["sources", "Sources", false, DestinationSources],
];

export default function DestinationPage() {
  const { id = "", tab = "events" } = useParams();
  const { data: d, error } = useGet(`/destinations/${id}`, { every: 4000 });
  useTitle(d?.name ?? "Destination");
  if (!d) return error ? <Trouble error={error} /> : <Waiting />;
  const tabs = TABS.filter(([, , loops]) => !loops || d.type === "loops");
  const Page = tabs.find(([key]) => key === tab)?.[3] ?? DestinationEvents;
  return (
    <>
      <Heading title={<span className="inline-flex items-center gap-3 flex-wrap">{d.name} <Badge state={d.health.state} /></span>} back={{ to: "/destinations", label: "Destinations" }} actions={<><Halt destination={d} /><Link className="button" to={`/destinations/${id}/live`}><Icon name="live" size={15} />Live events</Link></>}>
        {kindOf(d)}{d.sources.length > 0 ? <> · from {d.sources.map((s, i) => <span key={s.id}>{i > 0 && ", "}<Link className="link" to={`/sources/${s.id}`}>{s.name}</Link></span>)}</> : " · no source is connected"}
      </Heading>
      {(d.health.state === "paused" || d.health.state === "down") && <Why destination={d} />}
      {d.warnings.map((w) => <Notice key={w}>{w}</Notice>)}
      <Tabs active={tab} tabs={tabs.map(([key, label]) => ({ to: `/destinations/${id}/${key}`, label }))} />
      <Page key={d.id} destination={d} />
    </>
  );
}

function Halt({ destination: d }: { destination: Destination }) {
  const { run, busy } = useAct();
  const may = useMay("editor");
  if (!may || !d.enabled) return null;
  const halted = d.health.state === "paused" || d.health.state === "down";
  const act = (what: "pause" | "resume", done: string) => void run(() => call("POST", `/destinations/${d.id}/${what}`), done);
  return halted ? <button type="button" className="button primary" disabled={busy} onClick={() => act("resume", "Trying again.")}><Icon name="retry" size={14} />Try again now</button>
    : <button type="button" className="button" disabled={busy} onClick={() => act("pause", "Paused. The queue is kept.")}><Icon name="pause" size={14} />Pause</button>;
}

function Why({ destination: d }: { destination: Destination }) {
  const setting = d.health.code === "key_refused" || d.health.code === "wrong_address";
  return (
    <Notice tone="bad" actions={setting && <Link className="button small" to={`/destinations/${d.id}/configuration`}>{d.health.code === "key_refused" ? "Open the API Key setting" : "Open the address setting"}</Link>}>
      <b className="font-semibold">{d.health.state === "paused" ? "Paused" : "Down"}{d.health.since && <> since <Time at={d.health.since} /></>}.</b> {d.health.reason}
    </Notice>
  );
}
