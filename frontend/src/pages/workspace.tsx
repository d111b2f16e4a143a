// Workspace settings: people and roles, API tokens, retention, export and import, audit log, sessions, about.
import type { ComponentType } from "react";
import { useParams } from "react-router-dom";
import { useHas } from "../lib/has";
import { useMay } from "../lib/hooks";
import { Heading, Tabs, useTitle } from "../ui/page";
import { About, Retention } from "./workspace-about";
import { AuditLog } from "./workspace-audit";
import { ExportImport } from "./workspace-file";
import { PeopleAndRoles } from "./workspace-people";
import { Sessions } from "./workspace-sessions";
import { Tokens } from "./workspace-tokens";

const TABS: [key: string, label: string, page: ComponentType, needs: string, owner: boolean][] = [
  ["people", "People and roles", PeopleAndRoles, "/users", true], ["tokens", "API tokens", Tokens, "/tokens", true], ["retention", "Retention", Retention, "/workspace/retention", false],
  ["file", "Export and import", ExportImport, "/workspace/export", false], ["audit", "Audit log", AuditLog, "/workspace/changes", false], ["sessions", "Sessions", Sessions, "/sessions", false], ["about", "About", About, "/status", false],
];

export default function WorkspaceSettings() {
  useTitle("Workspace settings");
  const owner = useMay("owner");
  const has = { "/users": useHas("GET", "/users"), "/sessions": useHas("GET", "/sessions"), "/workspace/retention": useHas("GET", "/workspace/retention") } as Record<string, boolean>;
  const shown = TABS.filter(([, , , needs, only]) => (has[needs] ?? true) && (owner || !only));
  const { tab = shown[0]![0] } = useParams();
  const Page = shown.find(([key]) => key === tab)?.[2] ?? shown[0]![2];
  return (
    <>
      <Heading title="Workspace settings" />
      <Tabs active={tab} tabs={shown.map(([key, label]) => ({ to: `/settings/${key}`, label }))} />
      <Page />
    </>
  );
}
