// The workspace as a file: export, and import (what `headrace export` and `headrace apply` do).
import { type FormEvent, useState } from "react";
import { useAct, useGet, useMay } from "../lib/hooks";
import { Notice, Trouble, Waiting } from "../ui/basics";
import { Code } from "../ui/code";
import { Check, Labelled } from "../ui/fields";
import { Card } from "../ui/page";
import { answered } from "./questions";

interface Applied { changes: string[]; warnings: string[] }

export function ExportImport() {
  const file = useGet("/workspace/export");
  return (
    <>
      <Card title="Export" note="Sources, destinations and connections as YAML; secrets stay here, as references.">{file.data === undefined ? <Waiting /> : <Code tall text={file.data} label="The workspace as YAML" />}</Card>
      {useMay("editor") && <Import />}
    </>
  );
}

function Import() {
  const [text, setText] = useState("");
  const [prune, setPrune] = useState(false);
  const [told, setTold] = useState<Applied>();
  const [error, setError] = useState<unknown>();
  const { run, busy } = useAct();
  const apply = (event: FormEvent) => { event.preventDefault(); setError(undefined); setTold(undefined); void run(() => answered("POST", "/workspace/apply", { text, secrets: {}, prune, force: false }).then(setTold, setError)); };
  return (
    <Card title="Import" note="Adds and changes what the file names. The same from a terminal: headrace apply FILE">
      <form onSubmit={apply}>
        <Labelled label="Workspace file (YAML)"><textarea className="field mono" rows={8} required spellCheck={false} value={text} onChange={(e) => setText(e.target.value)} /></Labelled>
        <Check label="Remove what the file does not name" checked={prune} change={setPrune} />
        {error !== undefined && <div className="my-3"><Trouble error={error} /></div>}
        {told && <div className="mt-3"><Notice tone="good">{told.changes.length ? told.changes.join("; ") : "Nothing had to be changed."}</Notice>{told.warnings.map((w) => <Notice key={w}>{w}</Notice>)}</div>}
        <button type="submit" className="button primary mt-3" disabled={busy}>Apply</button>
      </form>
    </Card>
  );
}
