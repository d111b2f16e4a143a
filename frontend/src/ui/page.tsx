// What every page is laid out with: heading, tabs, cards.
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "react-router-dom";
import { Icon } from "./icons";

export function useTitle(title: string): void {
  useEffect(() => { document.title = `${title} · Headrace`; }, [title]);
}

export function Heading({ title, back, actions, children }: { title: ReactNode; back?: { to: string; label: string }; actions?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-5">
      {back && <Link to={back.to} className="soft text-sm inline-flex items-center gap-1 hover:text-ink mb-1"><Icon name="chevron" size={11} className="rotate-180" />{back.label}</Link>}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="text-xl sm:text-2xl grow min-w-0 break-words">{title}</h1>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
      {children && <div className="soft mt-1 text-pretty">{children}</div>}
    </header>
  );
}

export function Tabs({ tabs, active }: { tabs: { to: string; label: string; count?: number }[]; active: string }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => { // on a phone the open one may be out of sight
    const on = bar.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (on) bar.current!.scrollLeft = on.offsetLeft - (bar.current!.clientWidth - on.offsetWidth) / 2;
  }, [active]);
  return (
    <nav ref={bar} className="relative flex gap-5 border-b line mb-5 overflow-x-auto" aria-label="Tabs">
      {tabs.map((tab) => {
        const on = tab.to.endsWith(`/${active}`);
        return (
          <Link key={tab.to} to={tab.to} replace aria-current={on ? "page" : undefined}
            className={`pb-2.5 pt-1 border-b-2 font-medium whitespace-nowrap transition-colors ${on ? "border-accent text-ink" : "border-transparent soft hover:text-ink"}`}>
            {tab.label}{tab.count ? <span className="ml-1.5 text-xs rounded-full px-1.5 py-px bg-bad-soft text-bad-text tabular-nums">{tab.count}</span> : null}
          </Link>
        );
      })}
    </nav>
  );
}

export function Card({ title, note, children, actions, pad = true, className = "" }: { title?: ReactNode; note?: ReactNode; children: ReactNode; actions?: ReactNode; pad?: boolean; className?: string }) {
  return (
    <section className={`card mb-4 overflow-hidden ${className}`}>
      {(title || actions) && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5 border-b line min-h-12">
          <div className="grow min-w-0">{title && <h2 className="text-base">{title}</h2>}{note && <p className="soft text-sm">{note}</p>}</div>{actions}
        </div>
      )}
      <div className={pad ? "p-4" : "overflow-x-auto"}>{children}</div>
    </section>
  );
}
