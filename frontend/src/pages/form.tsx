// A destination's settings, drawn from the catalog's schema.
import { useState } from "react";
import type { Field } from "../api";
import { Labelled } from "../ui";

export type Settings = Record<string, unknown>;
const CLOUD = "https://app.loops.so/api";

export function SettingsForm({ fields, value, change }: { fields: Field[]; value: Settings; change: (v: Settings) => void }) {
  const set = (key: string, to: unknown) => change({ ...value, [key]: to });
  const visible = (f: Field) => !(f.key === "api_key" && value.base_url === "builtin");
  const draw = (f: Field) => <Input key={f.key} field={f} value={value[f.key] ?? f.default} set={(to) => set(f.key, to)} />;
  const ordered = [...fields].sort((a, b) => Number(b.key === "base_url") - Number(a.key === "base_url"));
  return (
    <>
      {ordered.filter((f) => !f.advanced && visible(f)).map(draw)}
      {fields.some((f) => f.advanced) && <details className="mb-4"><summary className="cursor-pointer font-medium mb-3">Advanced</summary>{fields.filter((f) => f.advanced).map(draw)}</details>}
    </>
  );
}

function Input({ field, value, set }: { field: Field; value: unknown; set: (to: unknown) => void }) {
  const common = { label: field.label, help: field.help, link: field.link };
  if (field.key === "base_url") return <BaseUrl field={field} value={String(value ?? CLOUD)} set={set} />;
  if (field.kind === "flag") return <label className="flex gap-2 mb-4 items-start"><input type="checkbox" className="mt-1" checked={Boolean(value)} onChange={(e) => set(e.target.checked)} /><span><span className="font-medium block">{field.label}</span><span className="soft text-sm">{field.help}</span></span></label>;
  if (field.kind === "choice") return <Labelled {...common}><select className="field" value={String(value)} onChange={(e) => set(e.target.value)}>{field.choices.map((c) => <option key={c}>{c}</option>)}</select></Labelled>;
  if (field.kind === "number") return <Labelled {...common}><input className="field" type="number" min={0} value={Number(value)} onChange={(e) => set(Number(e.target.value))} /></Labelled>;
  if (["object", "map", "list"].includes(field.kind)) return <JsonInput field={field} value={value} set={set} />;
  return <Labelled {...common}><input className="field font-mono" type="text" autoComplete="off" spellCheck={false} value={String(value ?? "")} onChange={(e) => set(e.target.value)} /></Labelled>;
}

function BaseUrl({ field, value, set }: { field: Field; value: string; set: (to: unknown) => void }) {
  const kind = value === CLOUD ? "cloud" : value === "builtin" ? "builtin" : "other";
  const pick = (to: string) => set(to === "cloud" ? CLOUD : to === "builtin" ? "builtin" : "https://");
  return (
    <fieldset className="mb-4">
      <legend className="font-medium mb-1">{field.label}</legend>
      {[["cloud", "Loops (app.loops.so)"], ["builtin", "Loops (built-in)"], ["other", "Another address"]].map(([k, label]) => (
        <label key={k} className="flex gap-2 items-center py-0.5"><input type="radio" name="base_url" checked={kind === k} onChange={() => pick(k)} />{label}</label>
      ))}
      {kind === "other" && <input className="field mt-2 font-mono" aria-label="Address" value={value} onChange={(e) => set(e.target.value)} />}
    </fieldset>
  );
}

function JsonInput({ field, value, set }: { field: Field; value: unknown; set: (to: unknown) => void }) {
  const [text, setText] = useState(JSON.stringify(value));
  const [wrong, setWrong] = useState(false);
  const change = (to: string) => { setText(to); try { set(JSON.parse(to)); setWrong(false); } catch { setWrong(true); } };
  return <Labelled label={field.label} help={wrong ? "This is no JSON yet." : field.help}><textarea className="field font-mono" rows={2} aria-invalid={wrong} value={text} onChange={(e) => change(e.target.value)} /></Labelled>;
}
