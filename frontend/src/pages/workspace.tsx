// Workspace settings: people and roles, API tokens, retention, forgotten people, export and import, audit log, sessions, about.
import type { ComponentType } from "react";
import { useParams } from "react-router-dom";
import { useMay } from "../lib/hooks";
import { Heading, Tabs, useTitle } from "../ui/page";
import { About, Retention } from "./workspace-about";
import { AuditLog } from "./workspace-audit";
import { ExportImport } from "./workspace-file";
import { Forgotten } from "./workspace-forgotten";
import { PeopleAndRoles } from "./workspace-people";
import { Sessions } from "./workspace-sessions";
import { Tokens } from "./workspace-tokens";

const TABS: [key: string, label: string, page: ComponentType, owner: boolean][] = [
  ["people", "People and roles", PeopleAndRoles, true], ["tokens", "API tokens", Tokens, true], ["retention", "Retention", Retention, false],
  ["forgotten", "Forgotten people", Forgotten, false], ["file", "Export and import", ExportImport, false], ["audit", "Audit log", AuditLog, false], ["sessions", "Sessions", Sessions, false], ["about", "About", About, false],
];

export default function WorkspaceSettings() {
  useTitle("Workspace settings");
  const owner = useMay("owner");
  const shown = TABS.filter(([, , , only]) => owner || !only);
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
