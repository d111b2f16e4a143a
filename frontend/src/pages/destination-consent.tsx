// Consent: whose events may be sent, by the categories that the consent manager put into the call.
import type { Destination } from "../lib/types";
import { Labelled } from "../ui/fields";
import { Card } from "../ui/page";
import { SaveBar, useDraft } from "./save";

interface Rule { provider?: string; strategy?: string; categories?: string[] }
const PROVIDERS = [["oneTrust", "OneTrust"], ["ketch", "Ketch"], ["iubenda", "iubenda"], ["custom", "Custom"]];

export function Consent({ destination: d }: { destination: Destination }) {
  const draft = useDraft(d, ["consent"], { consent: {} });
  const rule = draft.draft.consent as Rule;
  const set = (more: Rule) => draft.set("consent", { ...rule, ...more });
  return (
    <Card title="Consent" note="A call whose person refused is Filtered, as RudderStack does it. A call that says nothing about consent is sent.">
      <fieldset disabled={!draft.may} className="max-w-xl">
        <Labelled label="Consent management provider"><select className="field" value={rule.provider ?? "oneTrust"} onChange={(e) => set({ provider: e.target.value })}>{PROVIDERS.map(([key, label]) => <option key={key} value={key}>{label}</option>)}</select></Labelled>
        <Labelled label="Consent category IDs" help="One a line, as the provider names them. Empty: consent is not looked at."><textarea className="field mono" rows={4} value={(rule.categories ?? []).join("\n")} onChange={(e) => set({ categories: e.target.value.split("\n").map((l) => l.trim()).filter((l, i, all) => l || i === all.length - 1) })} onBlur={() => set({ categories: (rule.categories ?? []).filter(Boolean) })} /></Labelled>
        <Labelled label="Consent logic"><select className="field" value={rule.strategy ?? "and"} onChange={(e) => set({ strategy: e.target.value })}><option value="and">AND: send only with consent to all of them</option><option value="or">OR: consent to one of them is enough</option></select></Labelled>
      </fieldset>
      <SaveBar draft={draft} />
    </Card>
  );
}
