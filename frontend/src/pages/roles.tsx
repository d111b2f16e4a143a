// The three roles, and choosing one.
import type { Role } from "../lib/types";
import { Select } from "../ui/fields";

export const ROLES: [Role, string][] = [["viewer", "Viewer: reads"], ["editor", "Editor: changes the pipeline"], ["owner", "Owner: everything, people too"]];
export const RoleSelect = ({ value, change, label = "Role" }: { value: Role; change: (to: Role) => void; label?: string }) => <Select label={label} value={value} options={ROLES} change={change} className="mb-4" />;
