// The frame around every page: side bar (a drawer on a phone), the line that says when Headrace does not answer, notes and questions.
import { Component, type ReactNode, Suspense, useEffect, useState } from "react";
import { useLocation } from "react-router-dom";
import { listen } from "../lib/keyboard";
import { useAway } from "../lib/reach";
import type { Session } from "../lib/types";
import { Trouble, Waiting } from "../ui/basics";
import { DialogHost, Modal } from "../ui/dialog";
import { Icon, Mark } from "../ui/icons";
import { ToastHost } from "../ui/toast";
import { SideBar } from "./sidebar";

export function Shell({ session, children }: { session?: Session; children: ReactNode }) {
  const place = useLocation();
  const away = useAway();
  useEffect(listen, []);
  return (
    <div className="min-h-full lg:grid lg:grid-cols-[232px_minmax(0,1fr)]">
      <a href="#content" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:m-2 focus:button">Skip to content</a>
      <Drawer key={place.pathname} session={session} />
      <aside className="hidden lg:block border-r line bg-card sticky top-0 h-screen"><SideBar session={session} /></aside>
      <main id="content" tabIndex={-1} className="px-4 py-5 md:px-8 md:py-7 w-full max-w-[1240px] min-w-0 outline-none">
        {away && <div role="status" className="rounded-lg px-3.5 py-2 mb-4 bg-wait-soft text-wait-text flex items-center gap-2"><span className="size-2 rounded-full bg-wait pulse" />Headrace does not answer. This page goes on by itself as soon as it does.</div>}
        <Boundary place={place.pathname}><Suspense fallback={<Waiting />}>{children}</Suspense></Boundary>
      </main>
      <ToastHost /><DialogHost />
    </div>
  );
}

function Drawer({ session }: { session?: Session }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <div className="lg:hidden sticky top-0 z-20 flex items-center gap-2.5 px-3 h-13 border-b line bg-card">
        <button type="button" className="button plain small" aria-label="Menu" aria-expanded={open} onClick={() => setOpen(true)}><Icon name="menu" /></button>
        <Mark size={20} /><span className="font-semibold tracking-tight">Headrace</span>
      </div>
      {open && <Modal label="Menu" close={() => setOpen(false)} className="m-0 p-0 h-dvh max-h-none w-64 border-r line"><SideBar session={session} /></Modal>}
    </>
  );
}

/** One page's mistake is said on that page; the side bar goes on working. */
class Boundary extends Component<{ children: ReactNode; place: string }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) { return { error }; }
  override componentDidUpdate(before: { place: string }) { if (this.state.error && before.place !== this.props.place) this.setState({ error: undefined }); }
  override render() {
    if (!this.state.error) return this.props.children;
    const stale = /dynamically imported module|Importing a module script/.test(String(this.state.error));
    return <Trouble error={stale ? "Headrace was updated. Reload the page." : this.state.error} retry={() => location.reload()} />;
  }
}
