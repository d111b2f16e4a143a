// What happens next to a delivery, in words a non-developer understands.
import { moment } from "./format";
import type { Delivery } from "./types";

export function next(d: Delivery): string {
  switch (d.state) {
    case "waiting": return "It leaves as soon as it is its turn. You need not do anything.";
    case "sending": return "The request is on its way. The answer appears here.";
    case "retrying": return `It is tried again by itself${d.next_at ? ` at ${moment(d.next_at)}` : ""}. You need not do anything.`;
    case "delivered": return `${d.destination.name} accepted it. Loops has no API for what happened next: open its Event Log.`;
    case "unchanged": return "Nothing more: the same contact was sent before, so this call would have changed nothing.";
    case "filtered": return "Nothing more: it was left out on purpose, by a setting or because of what the call is.";
    case "dead": return FIX[d.code] ?? "It is kept and will not be tried again by itself. Correct the cause, then replay it.";
  }
}

const FIX: Record<string, string> = {
  new_contact_needs_email: "Call identify once with an email for this person; then replay this call.",
  contact_unknown: "Call identify with an email for this person; then replay this call.",
  invalid_event: "Correct the call in your product. This one cannot be turned into a request as it is.",
  outcome_unknown: "Look in Loops whether it arrived. If not, send it again: it may send another email.",
  removed: "Its destination was deleted. Make a new one and replay it there.",
};

export function headline(kind: string, outcome: string, status: number | null): string {
  const what = { delivery: "The request was sent", question: "Loops was asked a question to be certain", preparation: "Something had to be prepared first" }[kind] ?? kind;
  return `${what}: ${status ? `${status}, ` : ""}${outcome}`;
}
