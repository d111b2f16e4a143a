// Sending again what is final: counted first, asked about with what may follow, then put back into its lanes.
import { plural } from "../lib/format";
import { call } from "../lib/http";
import { useAct } from "../lib/hooks";
import type { Body } from "../lib/contract";
import { confirm } from "../ui/dialog";
import { toast } from "../ui/toast";

/** `again`: it was delivered; `force`: although it would change nothing. */
type Wanted = Partial<NonNullable<Body<"POST", "/replays">>>;

export function useReplay() {
  const { run, busy } = useAct();
  const replay = async (wanted: Wanted) => {
    const would = await run(() => call("POST", "/replays/preview", wanted));
    if (!would) return;
    if (!would.total) { toast("Nothing of it is left to be sent."); return; }
    const body = ["Each is sent in its order, with today's settings.", ...would.warnings].join(" ");
    if (await confirm({ title: `Send ${plural(would.total, "event")} again?`, body, action: "Send again" })) await run(() => call("POST", "/replays", { ...wanted, yes: true }), "It waits for its turn again.");
  };
  return { replay, busy };
}
