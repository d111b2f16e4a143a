// Which variables an email can use, and what is said where one has no value.
import type { Draft, EmailMessage, Space, Used } from "../lib/emails";
import { Card } from "../ui/page";

export function Offered({ message, insert }: { message: EmailMessage; insert: (text: string) => void }) {
  const { offered } = message;
  const groups: [string, string[]][] = message.kind === "transactional" ? [] : [
    ["Contact", offered.contact.map((p) => `{contact.${p.name}}`)], [offered.eventName ? `Event ${offered.eventName}` : "Event", offered.event.map((p) => `{event.${p}}`)], ["Links", offered.system.map((s) => `{system.${s}}`)],
  ];
  return (
    <div className="mt-3 space-y-2">
      {groups.filter(([, names]) => names.length).map(([label, names]) => (
        <div key={label} className="flex flex-wrap gap-1 items-center"><span className="soft text-sm w-full sm:w-auto sm:mr-1">{label}</span>{names.slice(0, 40).map((n) => <button key={n} type="button" className="button small" onClick={() => insert(n)}><code>{n.replace(/^\{\w+\.|\}$/g, "")}</code></button>)}</div>
      ))}
      {message.kind === "transactional" && <p className="soft text-sm">Write <code className="inline-code">{"{data.name}"}</code> where a value of the call belongs; every name you use becomes a data variable.</p>}
    </div>
  );
}

export function Fallbacks({ used, draft, change, locked }: { used: Used[]; draft: Draft; change: (to: Draft["fallbacks"]) => void; locked: boolean }) {
  const shown = used.filter((v): v is Used & { space: Space } => v.space !== "system");
  if (!shown.length) return null;
  const set = (space: Space, name: string, to: string | null) => { const { [name]: _, ...rest } = draft.fallbacks[space]; change({ ...draft.fallbacks, [space]: to === null ? rest : { ...rest, [name]: to } }); };
  return (
    <Card title="Variables and fallbacks" note="Without a value and without a fallback, the email is not sent." pad={false}>
      <table aria-label="Variables and fallbacks"><thead><tr><th>Variable</th><th className="max-md:hidden">Value here</th><th>Fallback</th></tr></thead><tbody>
        {shown.map((v) => <tr key={`${v.space}.${v.name}`}><td><code className="break-words">{`{${v.space}.${v.name}}`}</code></td><td className="max-md:hidden break-words">{v.value ?? <span className="text-wait-text">none</span>}</td>
          <td><div className="flex gap-1"><input className="field" aria-label={`Fallback of ${v.space}.${v.name}`} disabled={locked} placeholder="none" value={draft.fallbacks[v.space][v.name] ?? ""} onChange={(e) => set(v.space, v.name, e.target.value || null)} /></div></td></tr>)}
      </tbody></table>
    </Card>
  );
}
