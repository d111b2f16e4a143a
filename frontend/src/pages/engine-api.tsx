// Settings → API of Loops (built-in): keys, and contact properties with their API names.
import { useGet } from "../lib/hooks";
import type { Page } from "../lib/types";
import { Empty, Tag, Time } from "../ui/basics";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

interface Key { id: string; name: string; createdAt: string }
interface Property { key: string; label: string; type: string }
const KEYS: Column<Key>[] = [{ id: "name", head: "Name", cell: (k) => <span className="font-medium">{k.name}</span> }, { id: "made", head: "Created", cell: (k) => <Time at={k.createdAt} /> }];
const PROPERTIES: Column<Property>[] = [{ id: "label", head: "Name", sort: (p) => p.label, cell: (p) => p.label }, { id: "key", head: "API name", sort: (p) => p.key, cell: (p) => <code>{p.key}</code> }, { id: "type", head: "Type", sort: (p) => p.type, cell: (p) => <Tag>{p.type}</Tag> }];

export default function EngineApi() {
  useTitle("API");
  const keys = useGet<Page<Key>>("/engine/keys");
  const properties = useGet<Page<Property>>("/engine/properties");
  return (
    <>
      <Heading title="API">Keys and contact properties of Loops (built-in). <code className="inline-code">headrace status</code> shows the key.</Heading>
      <Card title="API keys" pad={false}><DataTable label="API keys" columns={KEYS} rows={keys.data?.data} id={(k) => k.id} empty={<Empty title="No key" />} /></Card>
      <Card title="Contact properties" pad={false}><DataTable label="Contact properties" columns={PROPERTIES} rows={properties.data?.data} id={(p) => p.key} empty={<Empty title="None yet" />} /></Card>
    </>
  );
}
