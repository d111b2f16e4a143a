// Sends an email to yourself, with the values of the preview.
import { type FormEvent, useState } from "react";
import type { EmailMessage } from "../lib/emails";
import { call } from "../lib/http";
import { useAct } from "../lib/hooks";
import { Card } from "../ui/page";

export function TestMail({ message, unsaved, contact, data }: { message: EmailMessage; unsaved: boolean; contact: string | undefined; data: Record<string, string> }) {
  const [email, setEmail] = useState("");
  const { run, busy } = useAct();
  const send = (event: FormEvent) => { event.preventDefault(); void run(() => call("POST", `/engine/emails/${message.id}/test`, { email, contact, data }), "On its way. Without an SMTP server it is in the Inbox."); };
  return (
    <Card title="Test mail" note={unsaved ? "Save first: what is saved is sent." : "What is saved, with the values of the preview."}>
      <form onSubmit={send} className="flex gap-2"><input className="field" type="email" required aria-label="Send to" placeholder="you@example.org" value={email} onChange={(e) => setEmail(e.target.value)} /><button type="submit" className="button" disabled={busy || unsaved}>Send</button></form>
    </Card>
  );
}
