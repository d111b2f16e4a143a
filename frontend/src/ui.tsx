// The pieces that every page is made of.
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "react-router-dom";

export const STATES: Record<string, { label: string; tone: string }> = {
  delivered: { label: "Delivered", tone: "green" },
  unchanged: { label: "Skipped (no change)", tone: "grey" },
  filtered: { label: "Filtered", tone: "grey" },
  duplicate: { label: "Duplicate", tone: "grey" },
  waiting: { label: "Waiting", tone: "amber" },
  sending: { label: "Sending", tone: "amber" },
  retrying: { label: "Retrying", tone: "amber" },
  dead: { label: "Failed", tone: "red" },
  running: { label: "Running", tone: "green" },
  paused: { label: "Paused", tone: "red" },
  down: { label: "Down", tone: "red" },
  disabled: { label: "Disabled", tone: "grey" },
};
const TONES: Record<string, string> = {
  green: "bg-emerald-100 text-emerald-900 dark:bg-emerald-950 dark:text-emerald-200",
  grey: "bg-slate-200 text-slate-800 dark:bg-slate-800 dark:text-slate-200",
  amber: "bg-amber-100 text-amber-900 dark:bg-amber-950 dark:text-amber-200",
  red: "bg-red-100 text-red-900 dark:bg-red-950 dark:text-red-200",
};

export function Badge({ state }: { state: string }) {
  const known = STATES[state] ?? { label: state, tone: "grey" };
  return <span className={`inline-block rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[known.tone]}`}>{known.label}</span>;
}

export function Heading({ title, back, actions, children }: { title: ReactNode; back?: { to: string; label: string }; actions?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-5">
      {back && <Link to={back.to} className="soft text-sm hover:underline">← {back.label}</Link>}
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-2xl font-semibold tracking-tight grow">{title}</h1>
        {actions}
      </div>
      {children && <div className="soft mt-1">{children}</div>}
    </header>
  );
}

export function Tabs({ tabs, active }: { tabs: { to: string; label: string }[]; active: string }) {
  return (
    <nav className="flex gap-1 border-b line mb-5 overflow-x-auto" aria-label="Tabs">
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} replace aria-current={tab.to.endsWith(`/${active}`) ? "page" : undefined}
          className={`px-3 py-2 -mb-px border-b-2 font-medium whitespace-nowrap ${tab.to.endsWith(`/${active}`) ? "border-water-500" : "border-transparent soft"}`}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}

export function Card({ title, children, actions, pad = true }: { title?: ReactNode; children: ReactNode; actions?: ReactNode; pad?: boolean }) {
  return (
    <section className="card mb-5 overflow-hidden">
      {title && <div className="flex items-center gap-3 px-4 py-3 border-b line"><h2 className="font-semibold grow">{title}</h2>{actions}</div>}
      <div className={pad ? "p-4" : "overflow-x-auto"}>{children}</div>
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="px-4 py-10 text-center"><p className="font-medium">{title}</p>{children && <div className="soft mt-1 max-w-xl mx-auto">{children}</div>}</div>;
}

export function Waiting({ rows = 4 }: { rows?: number }) {
  return <div className="p-4 space-y-3" aria-busy="true" aria-label="Loading">{Array.from({ length: rows }, (_, i) => <div key={i} className="skeleton h-5" />)}</div>;
}

export function Trouble({ error }: { error: unknown }) {
  return <p role="alert" className="rounded-lg px-3 py-2 bg-red-100 text-red-900 dark:bg-red-950 dark:text-red-200">{error instanceof Error ? error.message : String(error)}</p>;
}

export function Notice({ tone = "amber", children }: { tone?: string; children: ReactNode }) {
  return <div className={`rounded-lg px-3 py-2 mb-4 ${TONES[tone]}`}>{children}</div>;
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return <button type="button" className="button text-xs !py-1 !px-2" onClick={copy}>{done ? "Copied" : label}</button>;
}

export function Code({ text, copy = true }: { text: string; copy?: boolean }) {
  return (
    <div className="sunk rounded-lg border line relative">
      <pre className="p-3 max-h-[28rem] overflow-auto" tabIndex={0}>{text}</pre>
      {copy && <div className="absolute top-2 right-2"><Copy text={text} /></div>}
    </div>
  );
}
export const Json = ({ value }: { value: unknown }) => <Code text={JSON.stringify(value, null, 2)} />;

export function Labelled({ label, help, link, children }: { label: string; help?: string; link?: string | null; children: ReactNode }) {
  return (
    <label className="block mb-4">
      <span className="font-medium block mb-1">{label}</span>
      {children}
      {help && <span className="soft text-sm block mt-1">{help} {link && <a className="underline" href={link} target="_blank" rel="noreferrer">Open</a>}</span>}
    </label>
  );
}

export function Figure({ label, value, tone }: { label: string; value: ReactNode; tone?: string }) {
  const colour = tone === "red" ? "text-red-700 dark:text-red-300" : tone === "green" ? "text-emerald-700 dark:text-emerald-300" : "";
  return <div className="card px-4 py-3 min-w-36 grow"><div className="soft text-sm">{label}</div><div className={`text-2xl font-semibold tabular-nums ${colour}`}>{value}</div></div>;
}

export function Time({ at }: { at: string | null }) {
  if (!at) return <span className="soft">–</span>;
  return <time dateTime={at} title={at} className="whitespace-nowrap tabular-nums">{shown(at)}</time>;
}
export function shown(at: string, now = new Date()): string {
  const moment = new Date(at);
  const clock = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return moment.toDateString() === now.toDateString() ? clock : `${moment.toLocaleDateString([], { day: "numeric", month: "short" })} ${clock}`;
}
export const person = (text: string | null) => (text ?? "").replace(/^(user|email|anon):/, "") || "–";
export const number = (value: number) => value.toLocaleString();

export function useTitle(title: string) {
  useEffect(() => { document.title = `${title} · Headrace`; }, [title]);
}
