// The frame around every page: two groups of pages, workspace settings, theme, log out.
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { NavLink, useLocation } from "react-router-dom";
import { call, type Session } from "./api";
import { apply, chosen, type Theme } from "./theme";
import { Waiting } from "./ui";

const GROUPS = [
  { label: "Pipeline", links: [["/", "Overview"], ["/sources", "Sources"], ["/destinations", "Destinations"], ["/failed", "Failed events"]] },
  { label: "Loops (built-in)", links: [["/loops/audience", "Audience"], ["/loops/settings/events", "Events"], ["/loops/settings/lists", "Lists"], ["/loops/settings/api", "API"]] },
  { label: "Workspace", links: [["/settings", "Workspace settings"]] },
];

export function Shell({ session, children }: { session?: Session; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const [theme, setTheme] = useState<Theme>(chosen());
  const place = useLocation();
  const queries = useQueryClient();
  useEffect(() => setOpen(false), [place.pathname]);
  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /input|textarea|select/i.test(event.target.tagName);
      const search = document.querySelector<HTMLInputElement>('input[type="search"]');
      if (event.key === "/" && !typing && search) { event.preventDefault(); search.focus(); }
    };
    addEventListener("keydown", slash);
    return () => removeEventListener("keydown", slash);
  }, []);
  const logOut = async () => { await call("DELETE", "/session"); queries.clear(); location.reload(); };
  return (
    <div className="min-h-full lg:grid lg:grid-cols-[15rem_1fr]">
      <a href="#content" className="sr-only focus:not-sr-only">Skip to content</a>
      <div className="lg:hidden flex items-center gap-3 px-4 py-3 border-b line bg-[var(--card)]">
        <button type="button" className="button" aria-expanded={open} onClick={() => setOpen(!open)}>Menu</button>
        <span className="font-semibold">Headrace</span>
      </div>
      <aside className={`${open ? "block" : "hidden"} lg:block border-r line bg-[var(--card)] p-4 lg:min-h-screen lg:sticky lg:top-0 lg:h-screen overflow-y-auto`}>
        <NavLink to="/" className="hidden lg:flex items-center gap-2 font-semibold text-lg mb-5">
          <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true"><path d="M2 7c4 0 4 4 8 4s4-4 8-4h4M2 14c4 0 4 4 8 4s4-4 8-4h4" fill="none" stroke="var(--color-water-500)" strokeWidth="2.4" strokeLinecap="round" /></svg>
          Headrace
        </NavLink>
        <nav aria-label="Pages">
          {GROUPS.map((group) => (
            <div key={group.label} className="mb-5">
              <div className="soft text-xs font-semibold px-2 mb-1">{group.label}</div>
              {group.links.map(([to, label]) => (
                <NavLink key={to} to={to} end={to === "/"}
                  className={({ isActive }) => `block rounded-md px-2 py-1.5 font-medium ${isActive ? "bg-water-100 text-water-900 dark:bg-water-900 dark:text-water-50" : "hover:bg-[var(--sunk)]"}`}>
                  {label}
                </NavLink>
              ))}
            </div>
          ))}
        </nav>
        <label className="soft text-xs block mb-3">Appearance
          <select className="field mt-1" value={theme} onChange={(e) => { const t = e.target.value as Theme; setTheme(t); apply(t); }}>
            <option value="system">As the system</option><option value="light">Light</option><option value="dark">Dark</option>
          </select>
        </label>
        {session && <div className="soft text-xs px-1"><div className="truncate" title={session.user.email}>{session.user.email}</div><button type="button" className="underline" onClick={logOut}>Log out</button> · v{session.version}</div>}
      </aside>
      <main id="content" className="p-4 md:p-7 max-w-6xl w-full min-w-0"><Suspense fallback={<Waiting />}>{children}</Suspense></main>
    </div>
  );
}
