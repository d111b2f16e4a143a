// Event filtering: which events are sent, chosen from the names really seen.
import { useState } from "react";
import { number } from "../lib/format";
import { useGet } from "../lib/hooks";
import type { Destination, NameFilter } from "../lib/types";
import { Check, Labelled, Segments } from "../ui/fields";
import { Card } from "../ui/page";
import { SaveBar, useDraft } from "./save";

type Mode = "all" | "allow" | "deny";
const MODES = [["all", "Send all"], ["allow", "Send only these"], ["deny", "Send all but these"]] as const;
const modeOf = (n: NameFilter): Mode => n.allow ? "allow" : n.deny?.length ? "deny" : "all";

export function Filtering({ destination: d }: { destination: Destination }) {
  const draft = useDraft(d, ["events", "identify"], { events: {}, identify: true });
  const seen = useGet(`/destinations/${d.id}/names`);
  const names = draft.draft.events as NameFilter;
  const [mode, setMode] = useState<Mode>(modeOf(names));
  const listed = mode === "all" ? [] : (names[mode] ?? []);
  const put = (to: Mode, list: string[]) => draft.set("events", { ...(names.rename ? { rename: names.rename } : {}), ...(to === "all" ? {} : { [to]: list }) });
  const change = (to: Mode) => { setMode(to); put(to, listed); };
  const came = seen.data?.events ?? [];
  const offered = [...came.map((r) => [r.name, r.count] as const), ...listed.filter((n) => !came.some((r) => r.name === n)).map((n) => [n, 0] as const)];
  return (
    <Card title="Event filtering" note="What is left out becomes Filtered, with its reason; nothing is lost without a word.">
      <Check label="Send identify" help="identify calls create and update contacts in Loops." checked={draft.draft.identify !== false} change={(to) => draft.set("identify", to)} disabled={!draft.may} />
      <div className="mt-4 mb-3"><div className="font-medium mb-1.5">Track events</div><Segments label="Track events" value={mode} options={MODES} change={change} /></div>
      {mode !== "all" && (
        <fieldset disabled={!draft.may}>
          <legend className="soft text-sm mb-1">Seen at the connected sources</legend>
          <div className="grid sm:grid-cols-2 gap-x-6">
            {offered.map(([name, count]) => <Check key={name} label={<>{name} <span className="soft tabular-nums">{count ? number(count) : "not seen yet"}</span></>} checked={listed.includes(name)} change={(on) => put(mode, on ? [...listed, name] : listed.filter((n) => n !== name))} />)}
          </div>
          {!offered.length && <p className="soft">No track event was seen yet. Add names below.</p>}
          <Add add={(name) => put(mode, [...new Set([...listed, name])])} />
        </fieldset>
      )}
      <SaveBar draft={draft} />
    </Card>
  );
}

function Add({ add }: { add: (name: string) => void }) {
  const [name, setName] = useState("");
  const put = () => { if (name.trim()) { add(name.trim()); setName(""); } };
  return (
    <div className="max-w-md mt-3"><Labelled label="Another name" help="`*` stands for any characters: `order *`.">
      <span className="flex gap-2"><input className="field" value={name} onChange={(e) => setName(e.target.value)} onKeyDown={(e) => { if (e.key === "Enter") { e.preventDefault(); put(); } }} /><button type="button" className="button" onClick={put}>Add</button></span>
    </Labelled></div>
  );
}
