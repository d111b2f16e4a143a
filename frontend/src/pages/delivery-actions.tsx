// The buttons of a delivery: what helps here, send it again, look it up in Loops, share it.
import { useState } from "react";
import { Link } from "react-router-dom";
import { call } from "../lib/http";
import { useAct, useMay } from "../lib/hooks";
import type { State } from "../lib/states";
import type { Action, Lookup, Story } from "../lib/types";
import { Copy } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Found } from "./lookup";
import { useReplay } from "./replay";

const AGAIN: Partial<Record<State, string>> = { dead: "Replay", delivered: "Send again", unchanged: "Send anyway" };
const PLACES: Record<string, string> = { open_settings: "configuration", open_filtering: "filtering", open_mapping: "mapping" };

export function DeliveryActions({ story: { delivery: d, message, actions, links } }: { story: Story }) {
  const may = useMay("editor");
  const { replay, busy } = useReplay();
  const id = typeof message?.messageId === "string" ? message.messageId : undefined;
  const again = () => void replay({ states: [d.state], destination_id: d.destination.id, message_id: id, again: d.state !== "dead", force: d.state === "unchanged" });
  return (
    <>
      {may && actions.map((a) => <Helping key={a.id} action={a} story={d} />)}
      {may && id && AGAIN[d.state] && <button type="button" className={`button ${d.state === "dead" ? "primary" : ""}`} disabled={busy} onClick={again}><Icon name="retry" size={14} />{AGAIN[d.state]}</button>}
      <Copy text={location.href} label="Share link" />
      {links.map((l) => <a key={l.url} className="button small" href={l.url} target="_blank" rel="noreferrer">{l.label} <Icon name="external" size={12} /></a>)}
    </>
  );
}

function Helping({ action, story: d }: { action: Action; story: Story["delivery"] }) {
  const { run, busy } = useAct();
  const [found, setFound] = useState<Lookup>();
  const here = `/events/${d.position}/deliveries/${d.destination.id}` as const;
  const place = PLACES[action.id];
  if (place) return <Link className="button" to={`/destinations/${d.destination.id}/${place}`}>{action.label}</Link>;
  if (action.id === "look_up") return (
    <>
      <button type="button" className="button" disabled={busy} onClick={() => void run(async () => setFound(await call("GET", `${here}/lookup`)))}><Icon name="search" size={14} />{action.label}</button>
      {found && <Found found={found} close={() => setFound(undefined)} />}
    </>
  );
  if (action.id !== "retry_now" && action.id !== "resume") return null;
  const again = (): Promise<unknown> => action.id === "resume" ? call("POST", `/destinations/${d.destination.id}/resume`) : call("POST", `${here}/retry`);
  return <button type="button" className="button primary" disabled={busy} onClick={() => void run(again, "Trying again.")}><Icon name="retry" size={14} />{action.label}</button>;
}
