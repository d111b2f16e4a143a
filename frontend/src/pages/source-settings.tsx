// Settings of a source: rename, rotate the write key, disable, delete.
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router-dom";
import type { Body } from "../lib/contract";
import { call } from "../lib/http";
import { useAct, useMay } from "../lib/hooks";
import type { Source } from "../lib/types";
import { CopyLine, Notice } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Labelled } from "../ui/fields";
import { Card } from "../ui/page";

export function SourceSettings({ source }: { source: Source }) {
  const [name, setName] = useState(source.name);
  const { run, busy } = useAct();
  const go = useNavigate();
  const may = useMay("editor");
  const change = (body: Body<"PATCH", "/sources/id">, done: string) => run(() => call("PATCH", `/sources/${source.id}`, body), done);
  const rename = (event: FormEvent) => { event.preventDefault(); void change({ name }, "Renamed."); };
  const rotate = async () => { if (await confirm({ title: "Make a new write key?", body: "The old one stays valid for a week, so that apps can change over.", action: "Rotate write key" })) void change({ rotate_key: true }, "There is a new write key."); };
  const remove = async () => {
    if (!await confirm({ title: `Delete the source ${source.name}?`, body: "Its write key stops working at once. Its events stay until retention drops them.", action: "Delete", danger: true })) return;
    await run(() => call("DELETE", `/sources/${source.id}`), "Deleted."); go("/sources");
  };
  if (!may) return <Notice tone="idle">Changing a source needs the role editor. Ask the owner of this workspace.</Notice>;
  return (
    <>
      <Card title="Name"><form onSubmit={rename} className="flex gap-2 items-end max-w-xl"><div className="grow [&>div]:mb-0"><Labelled label="Name"><input className="field" required value={name} onChange={(e) => setName(e.target.value)} /></Labelled></div><button type="submit" className="button primary" disabled={busy || name === source.name}>Save</button></form></Card>
      <Card title="Write key" note="Rotate it when it got into the wrong hands: both keys work for a week.">
        <div className="flex gap-3 items-end flex-wrap"><div className="grow max-w-xl"><CopyLine label="Write key" text={source.write_key} /></div><button type="button" className="button" disabled={busy} onClick={rotate}>Rotate write key</button></div>
      </Card>
      <Card title="Disable or delete" note="A disabled source refuses calls with 404, as RudderStack does.">
        <div className="flex gap-2 flex-wrap"><button type="button" className="button" disabled={busy} onClick={() => change({ enabled: !source.enabled }, source.enabled ? "Disabled." : "Enabled.")}>{source.enabled ? "Disable" : "Enable"}</button><button type="button" className="button danger" disabled={busy} onClick={remove}>Delete</button></div>
      </Card>
    </>
  );
}
