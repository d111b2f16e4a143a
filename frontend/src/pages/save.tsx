// A part of a destination's settings that has a tab of its own: kept as a draft, saved with a note, left alone without a change.
import { useState } from "react";
import { useAct, useMay } from "../lib/hooks";
import type { Destination } from "../lib/types";
import type { Settings } from "./form";
import { answered } from "./questions";

export function useDraft(destination: Destination, keys: string[], defaults: Settings) {
  const stored = Object.fromEntries(keys.map((k) => [k, destination.settings[k] ?? defaults[k]]));
  const [draft, setDraft] = useState<Settings>(stored);
  const { run, busy } = useAct();
  const may = useMay("editor");
  const changed = JSON.stringify(draft) !== JSON.stringify(stored);
  const save = () => void run(() => answered("PATCH", `/destinations/${destination.id}`, { settings: { ...destination.settings, ...draft } }), "Saved. It applies to what waits, too.");
  const set = (key: string, to: unknown) => setDraft((old) => ({ ...old, [key]: to }));
  return { draft, set, save, busy, changed, may, reset: () => setDraft(stored) };
}

export function SaveBar({ draft }: { draft: ReturnType<typeof useDraft> }) {
  if (!draft.may) return <p className="soft mt-4">Changing this needs the role editor.</p>;
  return (
    <div className="flex gap-2 mt-5"><button type="button" className="button primary" disabled={!draft.changed || draft.busy} onClick={draft.save}>Save</button>{draft.changed && <button type="button" className="button" onClick={draft.reset}>Undo</button>}</div>
  );
}
