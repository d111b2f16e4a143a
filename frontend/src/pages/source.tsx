// One source: Setup, Events, Settings; Live events is the button at the top right.
import { Link, useParams } from "react-router-dom";
import { useGet } from "../lib/hooks";
import { Badge, Time, Trouble, Waiting } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Heading, Tabs, useTitle } from "../ui/page";
import { SourceEvents } from "./source-events";
import { SourceSettings } from "./source-settings";
import { Setup } from "./source-setup";

export default function SourcePage() {
  const { id = "", tab = "setup" } = useParams();
  const { data: source, error } = useGet(`/sources/${id}`, { every: 3000 });
  useTitle(source?.name ?? "Source");
  if (!source) return error ? <Trouble error={error} /> : <Waiting />;
  return (
    <>
      <Heading title={<span className="inline-flex items-center gap-3 flex-wrap">{source.name}{!source.enabled && <Badge state="disabled" />}</span>} back={{ to: "/sources", label: "Sources" }}
        actions={<Link className="button" to={`/sources/${id}/live`}><Icon name="live" size={15} />Live events</Link>}>
        {source.last_event_at ? <>Last event <Time at={source.last_event_at} relative /></> : "Waiting for the first event …"}
        {source.destinations.length > 0 && <> · sends to {source.destinations.map((d, i) => <span key={d.id}>{i > 0 && ", "}<Link className="link" to={`/destinations/${d.id}`}>{d.name}</Link></span>)}</>}
      </Heading>
      <Tabs active={tab} tabs={[["setup", "Setup"], ["events", "Events"], ["settings", "Settings"]].map(([key, label]) => ({ to: `/sources/${id}/${key}`, label: label! }))} />
      {tab === "events" ? <SourceEvents id={id} /> : tab === "settings" ? <SourceSettings key={source.id} source={source} /> : <Setup source={source} />}
    </>
  );
}
