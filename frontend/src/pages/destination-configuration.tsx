// Configuration of a destination: the form drawn from its schema, tested on save; disable and delete.
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router-dom";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { Destination, Trial } from "../lib/types";
import { Notice, Trouble, Waiting } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Labelled } from "../ui/fields";
import { Card } from "../ui/page";
import { CopyToLoops } from "./destination-copy";
import { type Settings, SettingsForm } from "./form";
import { answered } from "./questions";

/** Settings that have a tab of their own. */
export const ELSEWHERE = ["events", "identify", "contact_properties", "event_properties", "consent"];

export function Configuration({ destination: d }: { destination: Destination }) {
  const { data } = useGet("/catalog", { every: 60_000 });
  const [settings, setSettings] = useState<Settings>(d.settings);
  const [name, setName] = useState(d.name);
  const [told, setTold] = useState<Trial>();
  const [error, setError] = useState<unknown>();
  const { run, busy } = useAct();
  const may = useMay("editor");
  const fields = data?.data.find((t) => t.type === d.type)?.fields.filter((f) => d.type !== "loops" || !ELSEWHERE.includes(f.key));
  if (!fields) return <Waiting />;
  const save = (event: FormEvent) => {
    event.preventDefault(); setError(undefined); setTold(undefined);
    void run(async () => {
      try { await answered("PATCH", `/destinations/${d.id}`, { name, settings }); setTold(await call("POST", `/destinations/${d.id}/test`)); } catch (problem) { setError(problem); }
    });
  };
  return (
    <>
    <form onSubmit={save}>
      <Card title="Configuration" note="Changes apply to what waits, too.">
        <fieldset disabled={!may} className="max-w-2xl">
          <Labelled label="Name"><input className="field" value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
          <SettingsForm fields={fields} value={settings} change={setSettings} />
          {told && <Notice tone={told.ok ? "good" : "bad"}>Saved. {told.message}</Notice>}
          {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
          <button type="submit" className="button primary" disabled={busy}>{busy ? "Saving and testing …" : "Save"}</button>
        </fieldset>
      </Card>
      {may && <Ends destination={d} />}
    </form>
    {may && d.type === "loops" && d.settings.base_url === "builtin" && <CopyToLoops destination={d} />}
    </>
  );
}

function Ends({ destination: d }: { destination: Destination }) {
  const { run, busy } = useAct();
  const go = useNavigate();
  const enable = () => run(() => answered("PATCH", `/destinations/${d.id}`, { enabled: !d.enabled }), d.enabled ? "Disabled. The queue is kept." : "Enabled.");
  const remove = async () => {
    if (!await confirm({ title: `Delete ${d.name}?`, body: "What waits for it becomes failed events, which are kept.", action: "Delete", danger: true })) return;
    go("/destinations"); await run(() => call("DELETE", `/destinations/${d.id}`), "Deleted.");
  };
  return (
    <Card title="Disable or delete" note="A disabled destination keeps its queue and goes on from there.">
      <div className="flex flex-wrap gap-2"><button type="button" className="button" disabled={busy} onClick={enable}>{d.enabled ? "Disable" : "Enable"}</button><button type="button" className="button danger" disabled={busy} onClick={remove}>Delete</button></div>
    </Card>
  );
}
