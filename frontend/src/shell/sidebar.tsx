// The side bar: two groups of pages, workspace settings below, who is logged in, light or dark.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { NavLink } from "react-router-dom";
import { call } from "../lib/http";
import { useGet } from "../lib/hooks";
import type { Session } from "../lib/types";
import { apply, chosen, type Theme } from "../theme";
import { compact } from "../lib/format";
import { Icon, type IconName, Mark } from "../ui/icons";

type Item = [to: string, label: string, icon: IconName];
const PIPELINE: Item[] = [["/", "Overview", "overview"], ["/sources", "Sources", "sources"], ["/destinations", "Destinations", "destinations"], ["/failed", "Failed events", "failed"], ["/people", "People", "people"], ["/try", "Try it", "tryit"]];
const ENGINE: Item[] = [["/loops/audience", "Audience", "audience"], ["/loops/workflows", "Workflows", "workflows"], ["/loops/transactional", "Transactional", "mail"], ["/loops/inbox", "Inbox", "inbox"], ["/loops/settings/api", "API", "api"], ["/loops/settings/events", "Events", "events"], ["/loops/settings/lists", "Lists", "lists"], ["/loops/settings/sending", "Sending", "sending"], ["/loops/settings/webhooks", "Webhooks", "link"]];

export function SideBar({ session }: { session?: Session }) {
  const status = useGet("/status", { every: 15_000, on: !!session });
  const dead = status.data?.deliveries.dead ?? 0;
  return (
    <div className="flex flex-col h-full p-3">
      <NavLink to="/" className="flex items-center gap-2.5 font-semibold text-lg px-2 pt-1.5 pb-4 tracking-tight"><Mark />Headrace</NavLink>
      <nav aria-label="Pages" className="grow overflow-y-auto -mx-1 px-1">
        <Group label="Pipeline" items={PIPELINE} counts={{ "/failed": dead }} />
        {status.data?.engine !== null && <Group label="Loops (built-in)" items={ENGINE} />}
        <div className="border-t line pt-3"><Group items={[["/settings", "Workspace settings", "settings"]]} /></div>
      </nav>
      <Foot session={session} />
    </div>
  );
}

function Group({ label, items, counts = {} }: { label?: string; items: Item[]; counts?: Record<string, number> }) {
  return (
    <div className="mb-4">
      {label && <div className="soft text-xs font-medium px-2 mb-1">{label}</div>}
      {items.map(([to, name, icon]) => (
        <NavLink key={to} to={to} end={to === "/"} className={({ isActive }) => `flex items-center gap-2.5 rounded-md px-2 py-1.5 font-medium ${isActive ? "bg-accent-soft text-accent-text" : "text-ink hover:bg-sunk"}`}>
          <Icon name={icon} className="opacity-75" /><span className="grow">{name}</span>
          {counts[to] ? <span className="text-xs rounded-full px-1.5 bg-bad-soft text-bad-text tabular-nums" aria-hidden="true">{compact(counts[to])}</span> : null}
        </NavLink>
      ))}
    </div>
  );
}

function Foot({ session }: { session?: Session }) {
  const queries = useQueryClient();
  const [theme, setTheme] = useState<Theme>(chosen());
  const pick = (to: Theme) => { setTheme(to); apply(to); };
  const out = async () => { await call("DELETE", "/session"); queries.clear(); location.reload(); };
  return (
    <div className="border-t line pt-3 mt-2 space-y-2.5">
      <div role="group" aria-label="Appearance" className="flex sunk border line rounded-lg p-0.5 gap-0.5">
        {(["system", "light", "dark"] as const).map((t) => (
          <button key={t} type="button" aria-pressed={t === theme} aria-label={{ system: "As the system", light: "Light", dark: "Dark" }[t]} title={{ system: "As the system", light: "Light", dark: "Dark" }[t]} onClick={() => pick(t)}
            className={`grow flex justify-center rounded-md py-1 ${t === theme ? "bg-card shadow-sm" : "soft hover:text-ink"}`}><Icon name={({ system: "system", light: "sun", dark: "moon" } as const)[t]} size={14} /></button>
        ))}
      </div>
      {session && (
        <div className="flex items-center gap-2 px-1">
          <span className="size-7 rounded-full bg-accent-soft text-accent-text grid place-items-center text-xs font-semibold shrink-0" aria-hidden="true">{(session.user.email || session.user.name).slice(0, 1).toUpperCase()}</span>
          <span className="grow min-w-0 leading-tight"><span className="block truncate text-sm" title={session.user.email}>{session.user.email || session.user.name}</span><span className="soft text-xs">{session.user.role} · v{session.version}</span></span>
          <button type="button" className="button plain small" aria-label="Log out" title="Log out" onClick={out}><Icon name="logout" size={14} /></button>
        </div>
      )}
    </div>
  );
}
