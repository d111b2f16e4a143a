// The editor of JavaScript and JSON.
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import type { EditorProps } from "./editor";
import { useMirror } from "./mirror-view";

export default function Mirror({ value, change, language, label }: EditorProps) {
  const { place } = useMirror(value, change, label, () => (language === "json" ? json() : javascript()), [language]);
  return <div ref={place} />;
}
