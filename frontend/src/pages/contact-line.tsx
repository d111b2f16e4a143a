// A contact's story: what they did, which workflows they went through, what mail came of it, what they chose.
import { Link } from "react-router-dom";
import type { Happened, Moment } from "../lib/engine";
import { SOLID, Time } from "../ui/basics";
import { Card } from "../ui/page";

const WORDS: Record<Happened, string> = { created: "Contact added", event: "Event", entered: "Entered workflow", mail: "Mail", opened: "Opened", clicked: "Clicked in", ended: "Left workflow", joined: "Joined list", left: "Left list", resubscribed: "Subscribed again", unsubscribed: "Unsubscribed" };
const BY: Record<string, string> = { contact: "by themselves", api: "over the API or on this page", bounce: "because mail to them bounced" };
const GOOD = ["sent", "delivered", "done"], BAD = ["bounced", "refused", "unsubscribed"];

const tone = (m: Moment) => BAD.includes(m.state || m.kind) ? "bad" : m.state === "queued" || m.state === "ambiguous" ? "wait" : m.kind === "mail" && GOOD.includes(m.state) || ["opened", "clicked", "joined", "resubscribed"].includes(m.kind) ? "good" : "idle";
const said = (m: Moment) => m.kind === "ended" && m.state === "done" ? "Finished workflow" : m.kind === "mail" ? `Mail ${m.state}` : WORDS[m.kind];
const why = (m: Moment) => m.kind === "created" ? `source ${m.name}` : m.kind.endsWith("subscribed") ? BY[m.why] ?? "" : m.kind === "entered" || m.state === "done" ? "" : m.why;
const address = (m: Moment) => m.kind === "event" ? `/loops/settings/events/${m.ref}` : m.kind === "entered" || m.kind === "ended" ? `/loops/workflows/${m.ref}` : undefined;

export const ContactLine = ({ moments }: { moments: Moment[] }) => (
  <Card title="Time line">
    <ol className="space-y-2.5 max-h-96 overflow-y-auto" aria-label="Time line">{moments.map((m, place) => (
      <li key={place} className="flex gap-3 leading-snug">
        <span className={`size-2 rounded-full mt-1.5 shrink-0 ${SOLID[tone(m)]}`} aria-hidden="true" />
        <span className="min-w-0 break-words">
          <span className="font-medium">{said(m)}</span>{m.kind !== "created" && m.name && <> {address(m) ? <Link className="link" to={address(m)!}>{m.name}</Link> : m.name}</>}
          <span className="soft text-sm block"><Time at={m.at} />{why(m) && ` · ${why(m)}`}</span>
        </span>
      </li>
    ))}</ol>
  </Card>
);
