// The buttons of a delivery: share it, replay it, look it up in Loops.
import { call } from "../lib/http";
import { useHas } from "../lib/has";
import { useAct, useMay } from "../lib/hooks";
import type { Story } from "../lib/types";
import { Copy } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Icon } from "../ui/icons";

export function DeliveryActions({ story: { delivery: d } }: { story: Story }) {
  const may = useMay("editor");
  const path = "/events/{position}/deliveries/{id}/replay";
  const has = useHas("POST", path);
  const { run, busy } = useAct();
  const sent = d.state === "delivered" || d.code === "outcome_unknown";
  const label = d.state === "retrying" ? "Retry now" : sent ? "Send again" : d.state === "unchanged" ? "Send anyway" : "Replay";
  const act = async () => {
    if (sent && !await confirm({ title: "Send it again?", body: "It may send another email to this person.", action: "Send again" })) return;
    await run(() => call("POST", `/events/${d.position}/deliveries/${d.destination.id}/replay`, {}), "It waits for its turn again.");
  };
  return (
    <>
      {has && may && d.state !== "waiting" && d.state !== "sending" && d.state !== "filtered" && <button type="button" className={`button ${d.state === "dead" ? "primary" : ""}`} disabled={busy} onClick={act}><Icon name="retry" size={14} />{label}</button>}
      <Copy text={location.href} label="Share link" />
      <a className="button small" href={`https://app.loops.so/audience`} target="_blank" rel="noreferrer">Open Loops <Icon name="external" size={12} /></a>
    </>
  );
}
