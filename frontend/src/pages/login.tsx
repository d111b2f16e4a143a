import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate, useSearchParams } from "react-router-dom";
import { call, type Session } from "../api";
import { Labelled, Trouble, useTitle } from "../ui";

export default function Login() {
  const [query] = useSearchParams();
  const token = query.get("token");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const go = useNavigate();
  const queries = useQueryClient();
  useTitle("Log in");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const path = token ? "/session/setup" : "/session";
      queries.setQueryData(["session"], await call<Session>("POST", path, token ? { token, email, password } : { email, password }));
      const next = query.get("next") ?? "/";
      go(next.startsWith("/") && !next.startsWith("//") ? next : "/", { replace: true });
      await queries.invalidateQueries();
    } catch (problem) { setError(problem); } finally { setBusy(false); }
  };
  return (
    <main className="min-h-screen grid place-items-center p-4">
      <form className="card p-6 w-full max-w-sm" onSubmit={submit}>
        <h1 className="text-xl font-semibold mb-1">{token ? "Welcome to Headrace" : "Log in to Headrace"}</h1>
        <p className="soft mb-4">{token ? "Choose the email and password that you will log in with." : "No password yet? `headrace login` prints a one-time link."}</p>
        <Labelled label="Email"><input className="field" type="email" autoComplete="username" required autoFocus value={email} onChange={(e) => setEmail(e.target.value)} /></Labelled>
        <Labelled label="Password" help={token ? "At least 10 characters." : undefined}>
          <input className="field" type="password" autoComplete={token ? "new-password" : "current-password"} required value={password} onChange={(e) => setPassword(e.target.value)} />
        </Labelled>
        {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
        <button type="submit" className="button primary w-full justify-center" disabled={busy}>{token ? "Set password" : "Log in"}</button>
      </form>
    </main>
  );
}
