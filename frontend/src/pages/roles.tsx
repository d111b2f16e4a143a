// The three roles, and choosing one.
import { Select } from "../ui/fields";

export const ROLES: [string, string][] = [["viewer", "Viewer: reads"], ["editor", "Editor: changes the pipeline"], ["owner", "Owner: everything, people too"]];
export const RoleSelect = ({ value, change, label = "Role" }: { value: string; change: (to: string) => void; label?: string }) => <Select label={label} value={value} options={ROLES} change={change} className="mb-4" />;
