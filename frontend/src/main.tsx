// Starts the console: session first, then the pages, each loaded when it is opened.
import { QueryCache, QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Navigate, useLocation } from "react-router-dom";
import "./index.css";
import { base, get, Problem } from "./lib/http";
import { answered, failed } from "./lib/reach";
import { Pages } from "./routes";
import { Shell } from "./shell/shell";
import "./theme";
import { Waiting } from "./ui/basics";

const Login = lazy(() => import("./pages/login"));
const final = (error: unknown): boolean => error instanceof Problem && error.status >= 400 && error.status < 500;
const client = new QueryClient({
  queryCache: new QueryCache({ onError: failed, onSuccess: answered }),
  defaultOptions: { queries: { retry: (n, error) => n < 3 && !final(error), retryDelay: (n) => Math.min(500 * 2 ** n, 4000), staleTime: 1000 } },
});

function App() {
  const place = useLocation();
  const session = useQuery({ queryKey: ["session"], queryFn: () => get("/session"), refetchInterval: (q) => q.state.data ? 60_000 : 3000 });
  const out = session.error instanceof Problem && session.error.status === 401;
  const welcome = new URLSearchParams(place.search);
  if (place.pathname === "/login" || place.pathname === "/join") return out || welcome.has("token") || session.isPending ? <Login /> : <Navigate to="/" replace />;
  if (out) return <Navigate to={`/login?next=${encodeURIComponent(place.pathname + place.search)}`} replace />;
  return <Shell session={session.data}>{session.data ? <Pages /> : <Waiting />}</Shell>;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <BrowserRouter basename={base || "/"}>
        <Suspense fallback={<Waiting />}><App /></Suspense>
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
