// A destination's settings, drawn from the catalog's schema.
import { useState } from "react";
import type { Field } from "../lib/types";
import { Check, Labelled } from "../ui/fields";

export type Settings = Record<string, unknown>;
const CLOUD = "https://app.loops.so/api";

export function SettingsForm({ fields, value, change }: { fields: Field[]; value: Settings; change: (v: Settings) => void }) {
  const set = (key: string, to: unknown) => change({ ...value, [key]: to });
  const visible = (f: Field) => !(f.key === "api_key" && value.base_url === "builtin");
  const draw = (f: Field) => <Input key={f.key} field={f} value={value[f.key] ?? f.default} set={(to) => set(f.key, to)} />;
  const ordered = [...fields].sort((a, b) => Number(b.key === "base_url") - Number(a.key === "base_url"));
  const advanced = fields.filter((f) => f.advanced);
  return (
    <>
      {ordered.filter((f) => !f.advanced && visible(f)).map(draw)}
      {advanced.length > 0 && <details className="mb-4 border-t line pt-3"><summary className="font-medium mb-3">Advanced</summary>{advanced.map(draw)}</details>}
    </>
  );
}

function Input({ field, value, set }: { field: Field; value: unknown; set: (to: unknown) => void }) {
  const common = { label: field.label, help: field.help, link: field.link };
  if (field.key === "base_url") return <BaseUrl field={field} value={String(value ?? CLOUD)} set={set} />;
  if (field.kind === "flag") return <div className="mb-4"><Check label={field.label} help={field.help} checked={Boolean(value)} change={set} /></div>;
  if (field.kind === "choice") return <Labelled {...common}><select className="field" value={String(value)} onChange={(e) => set(e.target.value)}>{field.choices.map((c) => <option key={c}>{c}</option>)}</select></Labelled>;
  if (field.kind === "number") return <Labelled {...common}><input className="field" type="number" min={0} value={Number(value)} onChange={(e) => set(Number(e.target.value))} /></Labelled>;
  if (field.kind === "list") return <ListInput field={field} value={Array.isArray(value) ? value.map(String) : []} set={set} />;
  if (["object", "map", "secrets"].includes(field.kind)) return <JsonInput field={field} value={value} set={set} />;
  return <Labelled {...common}><input className="field mono" type="text" autoComplete="off" spellCheck={false} required={field.required} value={String(value ?? "")} onChange={(e) => set(e.target.value)} /></Labelled>;
}

function BaseUrl({ field, value, set }: { field: Field; value: string; set: (to: unknown) => void }) {
  const kind = value === CLOUD ? "cloud" : value === "builtin" ? "builtin" : "other";
  const pick = (to: string) => set(to === "cloud" ? CLOUD : to === "builtin" ? "builtin" : "https://");
  return (
    <fieldset className="mb-4">
      <legend className="font-medium mb-1">{field.label}</legend>
      {[["cloud", "Loops (app.loops.so)"], ["builtin", "Loops (built-in)"], ["other", "Another address"]].map(([key, label]) => (
        <label key={key} className="flex gap-2.5 items-center py-1"><input type="radio" name="base_url" checked={kind === key} onChange={() => pick(key!)} />{label}</label>
      ))}
      {kind === "other" && <input className="field mt-2 mono" aria-label="Address" value={value} onChange={(e) => set(e.target.value)} />}
    </fieldset>
  );
}

function ListInput({ field, value, set }: { field: Field; value: string[]; set: (to: unknown) => void }) {
  const [text, setText] = useState(value.join("\n"));
  return <Labelled label={field.label} help={`${field.help} One a line.`}><textarea className="field mono" rows={2} value={text} onChange={(e) => { setText(e.target.value); set(e.target.value.split("\n").map((l) => l.trim()).filter(Boolean)); }} /></Labelled>;
}

function JsonInput({ field, value, set }: { field: Field; value: unknown; set: (to: unknown) => void }) {
  const [text, setText] = useState(JSON.stringify(value));
  const [wrong, setWrong] = useState(false);
  const change = (to: string) => { setText(to); try { set(JSON.parse(to)); setWrong(false); } catch { setWrong(true); } };
  return <Labelled label={field.label} help={field.help} error={wrong ? "This is no JSON yet." : undefined}><textarea className="field mono" rows={2} aria-invalid={wrong} value={text} onChange={(e) => change(e.target.value)} /></Labelled>;
}
