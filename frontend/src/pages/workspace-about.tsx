// About and health; how long things are kept.
import type { ReactNode } from "react";
import { bytes, number } from "../lib/format";
import { api } from "../lib/http";
import { useGet } from "../lib/hooks";
import { Badge, Time, Waiting } from "../ui/basics";
import { Card } from "../ui/page";

const Rows = ({ rows }: { rows: [string, ReactNode][] }) => <dl className="grid sm:grid-cols-[auto_1fr] gap-x-8 gap-y-1 sm:gap-y-2">{rows.map(([k, v]) => <div key={k} className="contents"><dt className="soft">{k}</dt><dd className="break-all mb-2 sm:mb-0">{v}</dd></div>)}</dl>;

export function About() {
  const { data } = useGet("/status");
  const about = useGet("/about", { every: 60_000 });
  if (!data) return <Waiting />;
  const more: [string, ReactNode][] = about.data ? [["Started", <Time key="t" at={about.data.started_at} />], ["Data directory", <code key="d">{about.data.data_directory}</code>], ["Python", about.data.python], ["SQLite", about.data.sqlite], ["License", about.data.license]] : [];
  return (
    <>
      <Card title="About"><Rows rows={[["Version", data.version], ["Health", <Badge key="h" state="running" />], ...more, ["Data plane URL", <code key="g">{data.gateway}</code>], ["Console", <code key="c">{data.console}</code>], ["Loops (built-in)", data.engine ? <code key="e">{data.engine}</code> : "off"], ["Control API", <a key="a" className="link" href={`${api}/openapi.json`}>OpenAPI</a>]]} /></Card>
      <Card title="Events kept"><Rows rows={[["Accepted", number(data.log.accepted)], ["Duplicates", number(data.log.duplicates)], ["Not routed yet", number(data.log.unrouted)], ["On disk", bytes(data.log.bytes)], ["Oldest", <Time key="o" at={data.log.oldest} />]]} /></Card>
    </>
  );
}

export function Retention() {
  const { data } = useGet("/workspace/retention");
  if (!data) return <Waiting />;
  return (
    <>
      <Card title="How long things are kept" note="Set in the environment of headrace up; headrace settings lists them all."><Rows rows={data.data.map((k) => [k.title, <span key={k.name}>{k.text} <code className="soft text-xs ml-2">{k.setting}</code></span>])} /></Card>
      <Card title="Now"><Rows rows={[["Events on disk", bytes(data.now.events_bytes)], ["Oldest event", <Time key="o" at={data.now.oldest_event} />], ["Segments", number(data.now.segments)], ["Free on the disk", bytes(data.now.free_bytes)]]} /></Card>
    </>
  );
}
