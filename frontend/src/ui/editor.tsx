// An editor for JavaScript and JSON; CodeMirror is loaded only where something is edited.
import { lazy, Suspense } from "react";

export interface EditorProps { value: string; change: (to: string) => void; language: "json" | "javascript"; label: string }
const Mirror = lazy(() => import("./mirror"));

export function Editor(props: EditorProps) {
  return <Suspense fallback={<div className="skeleton h-64" aria-busy="true" aria-label="Loading" />}><Mirror {...props} /></Suspense>;
}
