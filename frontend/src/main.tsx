import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Navigate, Route, Routes, useLocation } from "react-router-dom";
import { base, get, Problem, type Session } from "./api";
import "./index.css";
import { Shell } from "./shell";
import "./theme";
import { Waiting } from "./ui";

const Login = lazy(() => import("./pages/login"));
const Overview = lazy(() => import("./pages/overview"));
const Sources = lazy(() => import("./pages/sources"));
const SourcePage = lazy(() => import("./pages/source"));
const Destinations = lazy(() => import("./pages/destinations"));
const NewDestination = lazy(() => import("./pages/new-destination"));
const DestinationPage = lazy(() => import("./pages/destination"));
const DeliveryPage = lazy(() => import("./pages/delivery"));
const Failed = lazy(() => import("./pages/failed"));
const Live = lazy(() => import("./pages/live"));
const Audience = lazy(() => import("./pages/audience"));
const ContactPage = lazy(() => import("./pages/contact"));
const EngineEvents = lazy(() => import("./pages/engine-events"));
const EngineLists = lazy(() => import("./pages/engine-lists"));
const EngineApi = lazy(() => import("./pages/engine-api"));
const WorkspaceSettings = lazy(() => import("./pages/workspace"));

const client = new QueryClient({ defaultOptions: { queries: { retry: (n, e) => n < 3 && !(e instanceof Problem && e.status < 500), refetchInterval: 4000 } } });

function App() {
  const place = useLocation();
  const session = useQuery({ queryKey: ["session"], queryFn: () => get<Session>("/session"), refetchInterval: 60000 });
  if (session.isPending) return <Waiting />;
  const out = session.error instanceof Problem && session.error.status === 401;
  if (place.pathname === "/login") return out || new URLSearchParams(place.search).has("token") ? <Login /> : <Navigate to="/" replace />;
  if (out) return <Navigate to={`/login?next=${encodeURIComponent(place.pathname + place.search)}`} replace />;
  return (
    <Shell session={session.data}>
      <Routes>
        <Route path="/" element={<Overview />} />
        <Route path="/sources" element={<Sources />} />
        <Route path="/sources/:id/live" element={<Live of="source" />} />
        <Route path="/sources/:id/:tab?" element={<SourcePage />} />
        <Route path="/destinations" element={<Destinations />} />
        <Route path="/destinations/new/:type?" element={<NewDestination />} />
        <Route path="/destinations/:id/live" element={<Live of="destination" />} />
        <Route path="/destinations/:id/:tab?" element={<DestinationPage />} />
        <Route path="/deliveries/:position/:destination" element={<DeliveryPage />} />
        <Route path="/failed" element={<Failed />} />
        <Route path="/loops/audience" element={<Audience />} />
        <Route path="/loops/audience/:id" element={<ContactPage />} />
        <Route path="/loops/settings/events/:row?" element={<EngineEvents />} />
        <Route path="/loops/settings/lists" element={<EngineLists />} />
        <Route path="/loops/settings/api" element={<EngineApi />} />
        <Route path="/settings" element={<WorkspaceSettings />} />
        <Route path="*" element={<p className="p-6">There is no such page.</p>} />
      </Routes>
    </Shell>
  );
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
