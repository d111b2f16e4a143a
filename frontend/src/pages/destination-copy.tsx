// From the sandbox to the real Loops: a second, paused destination with the same settings; the sandbox stays.
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router-dom";
import { call } from "../lib/http";
import { useAct } from "../lib/hooks";
import type { Destination } from "../lib/types";
import { Labelled } from "../ui/fields";
import { Card } from "../ui/page";

export function CopyToLoops({ destination: d }: { destination: Destination }) {
  const [key, setKey] = useState("");
  const { run, busy } = useAct();
  const go = useNavigate();
  const copy = (event: FormEvent) => { event.preventDefault(); void run(async () => { const made = await call("POST", `/destinations/${d.id}/copy`, { api_key: key }); go(`/destinations/${made.id}/configuration`); }, "The copy is there, paused. Look it over, then resume it."); };
  return (
    <Card title="Copy to real Loops" note="Makes a second destination with these settings that leads to app.loops.so. It is paused, and gets events from now on; this one stays as it is.">
      <form onSubmit={copy} className="flex flex-wrap gap-3 items-end [&>div>div]:mb-0"><div className="grow max-w-sm"><Labelled label="Key of your Loops account"><input className="field mono" type="password" autoComplete="off" required value={key} onChange={(e) => setKey(e.target.value)} /></Labelled></div><button type="submit" className="button" disabled={busy || !key}>Copy to real Loops</button></form>
    </Card>
  );
}
