// The graph of a workflow, drawn from top to bottom: nodes are buttons, each arrow has a + for whoever may edit.
import { useEffect, useRef, useState } from "react";
import { number } from "../lib/format";
import { ADDABLE, drawing, FORKS, HEIGHT, isTrigger, type Place, summary, WIDTH, type WorkflowNode } from "../lib/workflow";

const INK: Record<string, string> = { SendEmailAction: "bg-accent", TimerAction: "bg-wait", AudienceFilter: "bg-idle", BranchNode: "bg-idle", ExperimentBranchNode: "bg-idle", VariantNode: "bg-idle", ExitAction: "bg-line" };
interface Props { nodes: WorkflowNode[]; chosen: string | null; choose: (id: string | null) => void; add?: (from: string, to: string, kind: string) => void; branch?: (fork: string) => void; path?: Set<string> }

export function Graph({ nodes, chosen, choose, add, branch, path }: Props) {
  const { places, width, height } = drawing(nodes);
  const arrivals = new Map<string, number>();
  for (const n of nodes) for (const to of n.nextNodeIds) arrivals.set(to, (arrivals.get(to) ?? 0) + 1);
  const arrows = nodes.flatMap((n) => n.nextNodeIds.map((to) => ({ from: n, to, start: places[n.id]!, end: places[to]! })));
  return (
    <div className="overflow-auto sunk rounded-lg p-6 max-h-[75vh]" onClick={(e) => { if (e.target === e.currentTarget) choose(null); }}>
      <div className="relative mx-auto" style={{ width, height }}>
        <svg width={width} height={height} className="absolute inset-0 pointer-events-none overflow-visible" aria-hidden="true" fill="none" stroke="var(--edge)" strokeWidth="1.5">
          {arrows.map((a) => <path key={a.from.id + a.to} d={line(a.start, a.end)} stroke={path?.has(a.from.id) && path.has(a.to) ? "var(--accent)" : undefined} strokeWidth={path?.has(a.from.id) && path.has(a.to) ? 2.5 : undefined} />)}
        </svg>
        {nodes.map((n) => <Node key={n.id} node={n} place={places[n.id]!} on={n.id === chosen} lit={!!path?.has(n.id)} choose={choose} />)}
        {add && arrows.map((a) => {
          const alone = arrivals.get(a.to) === 1, at = alone ? { x: a.end.x, y: a.end.y - 28 } : { x: a.start.x, y: a.start.y + HEIGHT + 14 };
          return a.from.typeName === "ExperimentBranchNode" ? null : <Plus key={`${a.from.id}+${a.to}`} at={at} label={`Add a step after ${a.from.title}`} options={ADDABLE} pick={(kind) => add(a.from.id, a.to, kind)} />;
        })}
        {branch && nodes.filter((n) => FORKS.includes(n.typeName)).map((n) => (
          <button key={n.id} type="button" className="button small absolute" style={{ left: places[n.id]!.x + WIDTH - 34, top: places[n.id]!.y + 8 }} aria-label={`Add a path to ${n.title}`} title="Add a path" onClick={() => branch(n.id)}>+</button>
        ))}
      </div>
    </div>
  );
}

/** Straight down, and over to the side shortly before it arrives. */
function line(start: Place, end: Place): string {
  const x1 = start.x + WIDTH / 2, y1 = start.y + HEIGHT, x2 = end.x + WIDTH / 2, y2 = end.y;
  if (Math.abs(x1 - x2) < 1) return `M${x1} ${y1}V${y2}`;
  const turn = y1 + 18 < y2 - 40 ? y2 - 40 : (y1 + y2) / 2, r = Math.min(10, Math.abs(x1 - x2) / 2), side = x2 > x1 ? r : -r;
  return `M${x1} ${y1}V${turn - r}Q${x1} ${turn} ${x1 + side} ${turn}H${x2 - side}Q${x2} ${turn} ${x2} ${turn + r}V${y2}`;
}

function Node({ node, place, on, lit, choose }: { node: WorkflowNode; place: Place; on: boolean; lit: boolean; choose: (id: string) => void }) {
  const wrong = node.problems.length > 0;
  return (
    <button type="button" aria-pressed={on} onClick={() => choose(node.id)} title={node.problems[0]}
      className={`absolute card text-left px-3 py-2 flex gap-2.5 items-center hover:border-idle ${on ? "!border-accent ring-2 ring-accent-soft" : lit ? "!border-accent" : wrong ? "!border-wait" : ""}`} style={{ left: place.x, top: place.y, width: WIDTH, height: HEIGHT }}>
      <span className={`w-1 self-stretch rounded-full ${isTrigger(node) ? "bg-good" : INK[node.typeName] ?? "bg-idle"}`} aria-hidden="true" />
      <span className="grow min-w-0 leading-tight"><span className="block font-medium truncate">{node.title}</span><span className="soft text-sm block truncate">{summary(node)}</span>{wrong && <span className="text-xs text-wait-text block truncate">{node.problems[0]}</span>}</span>
      {node.inside > 0 && <span className="text-xs rounded-full px-1.5 py-px bg-accent-soft text-accent-text tabular-nums" title="contacts here">{number(node.inside)}</span>}
    </button>
  );
}

function Plus({ at, label, options, pick }: { at: Place; label: string; options: [string, string][]; pick: (kind: string) => void }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const away = (e: Event) => { if (!(e instanceof KeyboardEvent ? e.key === "Escape" : !box.current?.contains(e.target as globalThis.Node))) return; setOpen(false); };
    document.addEventListener("mousedown", away); document.addEventListener("keydown", away);
    return () => { document.removeEventListener("mousedown", away); document.removeEventListener("keydown", away); };
  }, [open]);
  return (
    <div ref={box} className={`absolute ${open ? "z-20" : "z-10"}`} style={{ left: at.x + WIDTH / 2 - 11, top: at.y - 4 }}>
      <button type="button" aria-label={label} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)} className="size-[22px] rounded-full border line bg-card grid place-items-center text-sm leading-none soft hover:text-ink hover:border-accent">+</button>
      {open && <div role="menu" className="absolute top-7 left-1/2 -translate-x-1/2 card shadow-[var(--float)] p-1 w-40">{options.map(([kind, name]) => <button key={kind} role="menuitem" type="button" className="block w-full text-left rounded-md px-2.5 py-1.5 hover:bg-sunk" onClick={() => { setOpen(false); pick(kind); }}>{name}</button>)}</div>}
    </div>
  );
}
