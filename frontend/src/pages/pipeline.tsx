// The pipeline drawn: sources left, destinations right, one moving line a connection; on a phone one under the other.
import { useLayoutEffect, useRef, useState } from "react";
import { Link } from "react-router-dom";
import { compact, rate } from "../lib/format";
import type { Destination, Overview, Source } from "../lib/types";
import { Badge } from "../ui/basics";
import { Icon } from "../ui/icons";

interface Line { key: string; path: string; on: boolean; moving: boolean }
interface Props { sources: Source[]; destinations: Destination[]; seen?: Overview }

export function Pipeline({ sources, destinations, seen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [lines, setLines] = useState<Line[]>([]);
  const sourceRate = (id: string) => seen?.sources.find((s) => s.id === id)?.rate;
  const shape = JSON.stringify([sources.map((s) => [s.id, s.enabled, s.destinations.map((d) => d.id), (sourceRate(s.id) ?? 0) > 0]), destinations.map((d) => [d.id, d.health.state])]);
  useLayoutEffect(() => {
    const draw = () => setLines(box.current ? measure(box.current, sources, destinations, (id) => (seen?.sources.find((s) => s.id === id)?.rate ?? 0) > 0) : []);
    draw();
    const watch = new ResizeObserver(draw);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  // drawn again when what is connected or its state changes
  }, [shape]);
  return (
    <div ref={box} className="relative grid md:grid-cols-[minmax(0,1fr)_120px_minmax(0,1fr)] gap-y-3 items-center">
      <svg className="absolute inset-0 w-full h-full pointer-events-none hidden md:block" aria-hidden="true" fill="none">
        {lines.map((l) => <g key={l.key}><path d={l.path} stroke="var(--line)" strokeWidth="3" /><path d={l.path} className={l.moving ? "flow" : ""} stroke={l.on ? "var(--accent)" : "var(--bad)"} strokeWidth="2.5" strokeDasharray={l.moving ? undefined : "1 8"} strokeLinecap="round" opacity={l.moving ? 1 : .55} /></g>)}
      </svg>
      <div className="space-y-3">{sources.map((s) => (
        <Link key={s.id} data-node={s.id} to={`/sources/${s.id}`} className="relative flex items-center gap-3 sunk rounded-lg border line px-4 py-3 hover:border-accent">
          <Icon name="sources" className="text-accent-text" /><span className="grow min-w-0"><span className="font-medium block truncate">{s.name}</span><span className="soft text-sm">{compact(s.events)} events{s.enabled ? "" : " · disabled"}</span></span>
          {sourceRate(s.id) !== undefined && <span className="text-sm tabular-nums soft">{rate(sourceRate(s.id)!)}</span>}
        </Link>
      ))}</div>
      <div className="md:hidden text-center soft" aria-hidden="true"><Icon name="down" className="mx-auto" /></div>
      <div className="max-md:hidden" />
      <div className="space-y-3">{destinations.map((d) => (
        <Link key={d.id} data-node={d.id} to={`/destinations/${d.id}`} className="relative flex items-center gap-3 sunk rounded-lg border line px-4 py-3 hover:border-accent">
          <Icon name="destinations" className="text-accent-text" /><span className="grow min-w-0"><span className="font-medium block truncate">{d.name}</span><span className="soft text-sm">{compact(d.counts.delivered)} delivered{d.counts.dead > 0 && <> · <span className="text-bad-text">{compact(d.counts.dead)} failed</span></>}</span></span>
          <Badge state={d.health.state} />
        </Link>
      ))}</div>
    </div>
  );
}

function measure(box: HTMLElement, sources: Source[], destinations: Destination[], moves: (id: string) => boolean): Line[] {
  const origin = box.getBoundingClientRect();
  const rect = (id: string) => box.querySelector(`[data-node="${CSS.escape(id)}"]`)?.getBoundingClientRect();
  return sources.flatMap((s) => s.destinations.flatMap((to) => {
    const from = rect(s.id), there = rect(to.id), destination = destinations.find((d) => d.id === to.id);
    if (!from || !there || !destination) return [];
    const [x1, y1, x2, y2] = [from.right - origin.left, from.top + from.height / 2 - origin.top, there.left - origin.left, there.top + there.height / 2 - origin.top];
    const on = destination.health.state === "running" && s.enabled;
    return [{ key: `${s.id}-${to.id}`, path: `M${x1} ${y1}C${x1 + 60} ${y1} ${x2 - 60} ${y2} ${x2} ${y2}`, on, moving: on && moves(s.id) }];
  }));
}
