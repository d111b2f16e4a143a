// The buttons of a delivery: what the API says can be done about it, the share link, and Look up in Loops with what it found.
import { useState } from "react";
import { useNavigate } from "react-router-dom";
import { person } from "../lib/format";
import { call, get } from "../lib/http";
import { useHas } from "../lib/has";
import { useAct, useMay } from "../lib/hooks";
import type { Action, Lookup, Story } from "../lib/types";
import { Copy, Notice } from "../ui/basics";
import { Json } from "../ui/code";
import { confirm, Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";

const PATHS: Record<string, string> = { retry_now: "retry", replay: "replay", send_anyway: "replay", send_again: "replay" };

export function DeliveryActions({ story }: { story: Story }) {
  const d = story.delivery;
  const here = `/events/${d.position}/deliveries/${d.destination.id}`;
  const replays = useHas("POST", "/events/{p}/deliveries/{d}/replay");
  const may = { viewer: true, editor: useMay("editor"), owner: useMay("owner") } as Record<string, boolean>;
  const [found, setFound] = useState<Lookup>();
  const { run, busy } = useAct();
  const go = useNavigate();
  const pages: Record<string, string> = { open_settings: `/destinations/${d.destination.id}/configuration`, open_filtering: `/destinations/${d.destination.id}/filtering`, open_mapping: `/destinations/${d.destination.id}/mapping`, person: `/people/${encodeURIComponent(d.person || person(d.person))}` };
  const act = async (a: Action) => {
    const page = pages[a.id];
    if (page) { go(page); return; }
    if (a.warning && !await confirm({ title: `${a.label}?`, body: a.warning, action: a.label })) return;
    if (a.id === "look_up") await run(async () => setFound(await get<Lookup>(`${here}/lookup`)));
    else if (a.id === "resume") await run(() => call("POST", `/destinations/${d.destination.id}/resume`), "Trying again.");
    else await run(() => call("POST", `${here}/${PATHS[a.id]}`, {}), "It waits for its turn.");
  };
  const able = (a: Action) => a.id in pages || a.id === "look_up" || a.id === "resume" || a.id === "retry_now" || (a.id in PATHS && replays);
  return (
    <>
      {(story.actions ?? []).filter((a) => may[a.role] && able(a)).map((a, i) => (
        <button key={a.id} type="button" className={`button small ${i === 0 ? "primary" : ""}`} disabled={busy} onClick={() => void act(a)}>{a.label}</button>
      ))}
      {story.links?.map((l) => <a key={l.url} className="button small" href={l.url} target="_blank" rel="noreferrer">{l.label} <Icon name="external" size={12} /></a>)}
      <Copy text={location.href} label="Share link" />
      {found && <Found found={found} close={() => setFound(undefined)} />}
    </>
  );
}

function Found({ found, close }: { found: Lookup; close: () => void }) {
  return (
    <Dialog title="Look up in Loops" close={close} wide>
      <Notice tone={found.ok ? (found.found ? "good" : "wait") : "bad"}>{found.message}</Notice>
      {found.differences.length > 0 && (
        <div className="overflow-x-auto mb-4"><table aria-label="Differences"><thead><tr><th>Property</th><th>We sent</th><th>Loops has</th></tr></thead><tbody>{found.differences.map((x) => <tr key={x.name}><td className="font-medium">{x.name}</td><td><code>{JSON.stringify(x.sent)}</code></td><td><code>{JSON.stringify(x.there)}</code></td></tr>)}</tbody></table></div>
      )}
      <div className="grid md:grid-cols-2 gap-4"><div className="min-w-0"><div className="soft text-sm mb-1">What we sent</div><Json value={found.sent} label="What we sent" /></div><div className="min-w-0"><div className="soft text-sm mb-1">What Loops has</div><Json value={found.found} label="What Loops has" /></div></div>
    </Dialog>
  );
}
