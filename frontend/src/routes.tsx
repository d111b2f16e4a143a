// Every page and its address; an address can be shared.
import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import { Link, Route, Routes } from "react-router-dom";
import { Empty } from "./ui/basics";

type Lazy = LazyExoticComponent<ComponentType>;
const PAGES: [string, Lazy][] = [
  ["/", lazy(() => import("./pages/overview"))],
  ["/sources", lazy(() => import("./pages/sources"))],
  ["/sources/:id/live", lazy(() => import("./pages/live-source"))],
  ["/sources/:id/:tab?", lazy(() => import("./pages/source"))],
  ["/destinations", lazy(() => import("./pages/destinations"))],
  ["/destinations/new/:type?", lazy(() => import("./pages/new-destination"))],
  ["/destinations/:id/live", lazy(() => import("./pages/live-destination"))],
  ["/destinations/:id/:tab?", lazy(() => import("./pages/destination"))],
  ["/events/:position", lazy(() => import("./pages/event"))],
  ["/deliveries/:position/:destination", lazy(() => import("./pages/delivery"))],
  ["/failed", lazy(() => import("./pages/failed"))],
  ["/people/:person?", lazy(() => import("./pages/people"))],
  ["/try", lazy(() => import("./pages/try"))],
  ["/settings/:tab?", lazy(() => import("./pages/workspace"))],
  ["/loops/audience", lazy(() => import("./pages/audience"))],
  ["/loops/import", lazy(() => import("./pages/engine-import"))],
  ["/loops/audience/:id", lazy(() => import("./pages/contact"))],
  ["/loops/workflows", lazy(() => import("./pages/engine-workflows"))],
  ["/loops/workflows/:id/:tab?", lazy(() => import("./pages/engine-workflow"))],
  ["/loops/emails/:id", lazy(() => import("./pages/engine-email"))],
  ["/loops/transactional", lazy(() => import("./pages/engine-transactional"))],
  ["/loops/transactional/:id/:tab?", lazy(() => import("./pages/engine-transactional-one"))],
  ["/loops/inbox/:id?", lazy(() => import("./pages/engine-inbox"))],
  ["/loops/settings/sending", lazy(() => import("./pages/engine-sending"))],
  ["/loops/settings/webhooks", lazy(() => import("./pages/engine-webhooks"))],
  ["/loops/settings/events/:row?", lazy(() => import("./pages/engine-events"))],
  ["/loops/settings/lists", lazy(() => import("./pages/engine-lists"))],
  ["/loops/settings/api", lazy(() => import("./pages/engine-api"))],
];

export const Pages = () => (
  <Routes>
    {PAGES.map(([path, Page]) => <Route key={path} path={path} element={<Page />} />)}
    <Route path="*" element={<Empty title="There is no such page" actions={<Link className="button" to="/">Overview</Link>}>The address may be from an older version, or mistyped.</Empty>} />
  </Routes>
);
