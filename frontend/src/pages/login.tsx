// Log in; set the first password with a one-time link; take up an invitation.
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router-dom";
import { call } from "../lib/http";
import { Copy, Trouble } from "../ui/basics";
import { Labelled } from "../ui/fields";
import { Mark } from "../ui/icons";
import { useTitle } from "../ui/page";

interface Invited { email: string; role: string; invited_by: string }

export default function Login() {
  const [params] = useSearchParams();
  const joining = useLocation().pathname === "/join";
  const token = params.get("token");
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [invited, setInvited] = useState<Invited>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const go = useNavigate();
  const queries = useQueryClient();
  useTitle(joining ? "Invitation" : "Log in");
  useEffect(() => { if (joining) call("POST", "/session/invitation/look", { token: token ?? "" }).then(setInvited, setError); }, [joining, token]);
  const submit = async (event: FormEvent) => {
    event.preventDefault(); setBusy(true); setError(undefined);
    const enter = () => joining ? call("POST", "/session/invitation", { token: token ?? "", name, password }) : token ? call("POST", "/session/setup", { token, email, password }) : call("POST", "/session", { email, password });
    try {
      queries.setQueryData(["session"], await enter());
      const next = params.get("next") ?? "/";
      go(next.startsWith("/") && !/^\/[/\\]/.test(next) ? next : "/", { replace: true });
      await queries.invalidateQueries();
    } catch (problem) { setError(problem); } finally { setBusy(false); }
  };
  const fresh = joining || !!token;
  return (
    <main className="min-h-screen grid place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="flex items-center justify-center gap-2.5 mb-5 text-xl font-semibold tracking-tight"><Mark size={30} />Headrace</div>
        <form className="card p-6" onSubmit={submit}>
          <h1 className="text-lg mb-1">{joining ? "Join the workspace" : token ? "Welcome to Headrace" : "Log in to Headrace"}</h1>
          <p className="soft mb-4">{joining ? (invited ? `${invited.invited_by} invited ${invited.email} as ${invited.role}.` : "Looking up the invitation …") : token ? "Choose the email and password that you will log in with." : "Where your product's events become contacts and emails."}</p>
          {joining ? <Labelled label="Name"><input className="field" autoComplete="name" required autoFocus value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
            : <Labelled label="Email"><input className="field" type="email" autoComplete="username" required autoFocus value={email} onChange={(e) => setEmail(e.target.value)} /></Labelled>}
          <Labelled label="Password" help={fresh ? "At least 10 characters." : undefined}><input className="field" type="password" autoComplete={fresh ? "new-password" : "current-password"} required value={password} onChange={(e) => setPassword(e.target.value)} /></Labelled>
          {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
          <button type="submit" className="button primary w-full" disabled={busy || (joining && !invited)}>{fresh ? "Set password" : "Log in"}</button>
        </form>
        {!fresh && <p className="soft text-sm mt-4 text-center flex items-center justify-center gap-2 flex-wrap">No password yet? <code className="inline-code">headrace login</code> prints a one-time link. <Copy text="headrace login" plain /></p>}
      </div>
    </main>
  );
}
