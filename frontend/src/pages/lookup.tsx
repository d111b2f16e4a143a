// What the destination knows of a person now, beside what was sent.
import type { Lookup } from "../lib/types";
import { Notice } from "../ui/basics";
import { Json } from "../ui/code";
import { Dialog } from "../ui/dialog";

export function Found({ found, close }: { found: Lookup; close: () => void }) {
  return (
    <Dialog title="Look up in Loops" close={close} wide>
      <Notice tone={found.ok ? (found.found ? "good" : "wait") : "bad"}>{found.message}</Notice>
      {found.differences.length > 0 && (
        <div className="overflow-x-auto mb-4"><table aria-label="Differences"><thead><tr><th>Property</th><th>We sent</th><th>Loops has</th></tr></thead>
          <tbody>{found.differences.map((x) => <tr key={x.name}><td className="font-medium">{x.name}</td><td><code>{JSON.stringify(x.sent)}</code></td><td><code>{JSON.stringify(x.there)}</code></td></tr>)}</tbody></table></div>
      )}
      <div className="grid md:grid-cols-2 gap-4">
        <div className="min-w-0"><div className="soft text-sm mb-1">What we sent</div><Json value={found.sent} label="What we sent" /></div>
        <div className="min-w-0"><div className="soft text-sm mb-1">What Loops has</div><Json value={found.found} label="What Loops has" /></div>
      </div>
    </Dialog>
  );
}
