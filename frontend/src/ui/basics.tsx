// The smallest pieces: badge, time, copy, notice, empty page, skeleton, figures.
import { type ReactNode, useState } from "react";
import { Problem, Stopped } from "../lib/http";
import { ago, moment } from "../lib/format";
import { known, type Tone } from "../lib/states";
import { Icon } from "./icons";

const SOFT: Record<Tone, string> = {
  good: "bg-good-soft text-good-text", idle: "bg-idle-soft text-idle-text", wait: "bg-wait-soft text-wait-text", bad: "bg-bad-soft text-bad-text", accent: "bg-accent-soft text-accent-text",
};
export const SOLID: Record<Tone, string> = { good: "bg-good", idle: "bg-idle", wait: "bg-wait", bad: "bg-bad", accent: "bg-accent" };

export function Badge({ state, tone, children }: { state?: string; tone?: Tone; children?: ReactNode }) {
  const found = known(state ?? "");
  return (
    <span className={`inline-flex items-center gap-1.5 rounded-full px-2 py-px text-xs font-medium whitespace-nowrap ${SOFT[tone ?? found.tone]}`}>
      <span className={`size-1.5 rounded-full ${SOLID[tone ?? found.tone]} ${state === "sending" || state === "retrying" ? "pulse" : ""}`} aria-hidden="true" />
      {children ?? found.label}
    </span>
  );
}

export const Tag = ({ children, tone = "idle" }: { children: ReactNode; tone?: Tone }) => <span className={`inline-block rounded px-1.5 py-px text-xs font-medium whitespace-nowrap ${SOFT[tone]}`}>{children}</span>;

export function Time({ at, relative = false }: { at: string | null | undefined; relative?: boolean }) {
  if (!at) return <span className="soft">–</span>;
  return <time dateTime={at} title={new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" })} className="whitespace-nowrap tabular-nums">{relative ? ago(at) : moment(at)}</time>;
}

export function Copy({ text, label = "Copy", plain = false }: { text: string; label?: string; plain?: boolean }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1600);
  };
  return (
    <button type="button" className={`button small ${plain ? "plain" : ""}`} onClick={copy}>
      <Icon name={done ? "check" : "copy"} size={13} className={done ? "text-good" : ""} /><span aria-live="polite">{done ? "Copied" : label}</span>
    </button>
  );
}

export function CopyLine({ label, text }: { label: string; text: string }) {
  return (
    <div className="min-w-0">
      <div className="soft text-sm mb-1">{label}</div>
      <div className="flex items-center gap-2 sunk border line rounded-lg pl-3 pr-1 py-1"><code className="grow min-w-0 break-all">{text}</code><Copy text={text} plain /></div>
    </div>
  );
}

export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null;
  const tone = error instanceof Stopped ? "idle" : error instanceof Problem && error.status === 0 ? "wait" : "bad";
  return (
    <div role="alert" className={`rounded-lg px-3.5 py-2.5 flex items-center gap-3 ${SOFT[tone]}`}>
      <Icon name={tone === "idle" ? "info" : "failed"} /><span className="grow">{error instanceof Error ? error.message : String(error)}</span>
      {retry && <button type="button" className="button small" onClick={retry}>Try again</button>}
    </div>
  );
}

export function Notice({ tone = "wait", children, actions }: { tone?: Tone; children: ReactNode; actions?: ReactNode }) {
  return (
    <div className={`rounded-lg px-3.5 py-2.5 mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 ${SOFT[tone]}`}>
      <span className="grow basis-64 min-w-0">{children}</span>{actions}
    </div>
  );
}

export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="px-5 py-12 text-center">
      <svg width="72" height="34" viewBox="0 0 72 34" aria-hidden="true" className="mx-auto mb-3" fill="none" stroke="var(--edge)" strokeWidth="2" strokeLinecap="round"><path d="M3 9c11 0 11 8 22 8s11-8 22-8 11 8 22 8M3 21c11 0 11 8 22 8s11-8 22-8 11 8 22 8" /></svg>
      <p className="font-medium text-lg">{title}</p>
      {children && <div className="soft mt-1.5 max-w-xl mx-auto text-pretty">{children}</div>}
      {actions && <div className="mt-4 flex justify-center gap-2 flex-wrap">{actions}</div>}
    </div>
  );
}

export function Waiting({ rows = 5 }: { rows?: number }) {
  return <div className="p-4 space-y-3.5" aria-busy="true" aria-label="Loading">{Array.from({ length: rows }, (_, i) => <div key={i} className={`skeleton h-4 ${["w-11/12", "w-4/5", "w-5/6", "w-2/3"][i % 4]}`} />)}</div>;
}

export const Figures = ({ children }: { children: ReactNode }) => <div className="grid grid-cols-2 lg:grid-cols-4 gap-3 mb-4">{children}</div>;

export function Figure({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: Tone }) {
  return (
    <div className="card px-4 py-3">
      <div className="soft text-sm flex items-center gap-1.5">{tone && <span className={`size-1.5 rounded-full ${SOLID[tone]}`} aria-hidden="true" />}{label}</div>
      <div className="text-2xl font-semibold tabular-nums tracking-tight mt-0.5">{value}</div>
      {note !== undefined && <div className="soft text-xs mt-0.5 min-h-4">{note}</div>}
    </div>
  );
}
