// The graph of a workflow, drawn from top to bottom: nodes are buttons, each arrow has a + for whoever may edit.
import { Fragment, type KeyboardEvent as Pressed, useEffect, useRef, useState } from "react";
import { number } from "../lib/format";
import { ADDABLE, drawing, FORKS, HEIGHT, isTrigger, type Metrics, type Place, summary, WIDTH, type WorkflowNode } from "../lib/workflow";

const INK: Record<string, string> = { SendEmailAction: "bg-accent", TimerAction: "bg-wait", AudienceFilter: "bg-idle", BranchNode: "bg-idle", ExperimentBranchNode: "bg-idle", VariantNode: "bg-idle", ExitAction: "bg-line" };
const PAD = 24; // px around the drawing
interface Props { nodes: WorkflowNode[]; chosen: string | null; choose: (id: string | null) => void; add?: (from: string, to: string, kind: string) => void; branch?: (fork: string) => void; path?: Set<string> }

export function Graph({ nodes, chosen, choose, add, branch, path }: Props) {
  const { places, width, height } = drawing(nodes);
  const arrivals = new Map<string, number>();
  for (const n of nodes) for (const to of n.nextNodeIds) arrivals.set(to, (arrivals.get(to) ?? 0) + 1);
  const lit = (a: { from: WorkflowNode; to: string }) => !!path?.has(a.from.id) && path.has(a.to);
  const arrows = nodes.flatMap((n) => n.nextNodeIds.map((to) => ({ from: n, to, start: places[n.id]!, end: places[to]! })));
  const box = useRef<HTMLDivElement>(null), middle = places[nodes[0]?.id ?? ""]?.x ?? 0;
  useEffect(() => { if (box.current) box.current.scrollLeft = middle + WIDTH / 2 + PAD - box.current.clientWidth / 2; }, [middle]);
  // who added a step by keyboard goes on from it
  useEffect(() => { if (chosen && document.activeElement === document.body) box.current?.querySelector<HTMLElement>(`[data-node="${chosen}"]`)?.focus({ preventScroll: true }); }, [chosen]);
  return (
    <div ref={box} className="overflow-auto sunk rounded-lg p-6 max-h-[75vh]" onClick={(e) => { if (e.target === e.currentTarget) choose(null); }}>
      <div className="relative mx-auto" style={{ width, height }}>
        <svg width={width} height={height} className="absolute inset-0 pointer-events-none overflow-visible" aria-hidden="true" fill="none" stroke="var(--edge)" strokeWidth="1.5">
          {[...arrows].sort((a, b) => Number(lit(a)) - Number(lit(b))).map((a) => <path key={a.from.id + a.to} d={line(a.start, a.end)} stroke={lit(a) ? "var(--accent)" : undefined} strokeWidth={lit(a) ? 2.5 : undefined} />)}
        </svg>
        {nodes.map((n) => (
          <Fragment key={n.id}>
            <Node node={n} place={places[n.id]!} on={n.id === chosen} lit={!!path?.has(n.id)} choose={choose} />
            {branch && FORKS.includes(n.typeName) && <button type="button" className="button small absolute" style={{ left: places[n.id]!.x + WIDTH - 34, top: places[n.id]!.y + 8 }} aria-label={`Add a path to ${n.title}`} title="Add a path" onClick={() => branch(n.id)}>+</button>}
            {add && n.typeName !== "ExperimentBranchNode" && arrows.filter((a) => a.from === n).map((a) => (
              <Plus key={a.to} at={arrivals.get(a.to) === 1 ? { x: a.end.x, y: a.end.y - 28 } : { x: a.start.x, y: a.start.y + HEIGHT + 14 }} label={`Add a step after ${[n.title, summary(n)].filter(Boolean).join(", ")}`} pick={(kind) => add(n.id, a.to, kind)} />
            ))}
          </Fragment>
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
    <button type="button" data-node={node.id} aria-pressed={on} onClick={() => choose(node.id)} title={node.problems[0] ?? summary(node)}
      className={`absolute card text-left px-3 py-2 flex gap-2.5 items-center hover:border-idle ${on ? "!border-accent ring-2 ring-accent-soft" : lit ? "!border-accent" : wrong ? "!border-wait" : ""}`} style={{ left: place.x, top: place.y, width: WIDTH, height: HEIGHT }}>
      <span className={`w-1 shrink-0 self-stretch rounded-full ${isTrigger(node) ? "bg-good" : INK[node.typeName] ?? "bg-idle"}`} aria-hidden="true" />
      <span className="grow min-w-0 leading-tight"><span className="block font-medium truncate">{node.title}</span><span className="soft text-sm block truncate">{summary(node)}</span>{wrong ? <span className="text-xs text-wait-text block truncate">{node.problems[0]}</span> : !!node.metrics?.sends && <span className="text-xs soft block truncate tabular-nums">{figures(node.metrics)}</span>}</span>
      {node.inside > 0 && <span className="text-xs rounded-full px-1.5 py-px bg-accent-soft text-accent-text tabular-nums" title="contacts here">{number(node.inside)}</span>}
    </button>
  );
}

function figures(of: Metrics): string {
  return `${number(of.sends)} sent · ${Math.round(100 * of.opens / of.sends)} % opened`;
}

/** The + on an arrow: a menu that arrows walk through, Escape closes, and that gives the focus back. */
function Plus({ at, label, pick }: { at: Place; label: string; pick: (kind: string) => void }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null), button = useRef<HTMLButtonElement>(null);
  const press = (e: Pressed) => {
    const items = [...box.current!.querySelectorAll<HTMLElement>("[role=menuitem]")], now = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[e.key];
    if (open && to !== undefined) { e.preventDefault(); items.at(to % items.length)?.focus(); }
    if (open && e.key === "Escape") { setOpen(false); button.current?.focus(); }
  };
  useEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const away = (e: Event) => { if (!box.current?.contains(e.target as globalThis.Node)) setOpen(false); };
    document.addEventListener("mousedown", away); document.addEventListener("focusin", away);
    return () => { document.removeEventListener("mousedown", away); document.removeEventListener("focusin", away); };
  }, [open]);
  return (
    <div ref={box} onKeyDown={press} className={`absolute ${open ? "z-20" : "z-10"}`} style={{ left: at.x + WIDTH / 2 - 11, top: at.y - 4 }}>
      <button ref={button} type="button" aria-label={label} title="Add a step" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)} className="size-[22px] rounded-full border line bg-card grid place-items-center text-sm leading-none soft hover:text-ink hover:border-accent">+</button>
      {open && <div role="menu" aria-label={label} className="absolute top-7 left-1/2 -translate-x-1/2 card shadow-[var(--float)] p-1 w-40">{ADDABLE.map(([kind, name]) => <button key={kind} role="menuitem" type="button" className="block w-full text-left rounded-md px-2.5 py-1.5 hover:bg-sunk focus-visible:bg-sunk" onClick={() => { setOpen(false); pick(kind); }}>{name}</button>)}</div>}
    </div>
  );
}
