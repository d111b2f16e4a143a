// CodeMirror 6 in a shadow root: its styles become an adopted sheet there, which the strict content policy allows.
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { syntaxHighlighting } from "@codemirror/language";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef } from "react";
import type { EditorProps } from "./editor";
import { COLOURS, THEME } from "./mirror-theme";

export default function Mirror({ value, change, language, label }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const told = useRef(change);
  told.current = change;
  useEffect(() => {
    const root = place.current!.shadowRoot ?? place.current!.attachShadow({ mode: "open" });
    const made = new EditorView({
      doc: value, parent: root, root,
      extensions: [basicSetup, language === "json" ? json() : javascript(), THEME, syntaxHighlighting(COLOURS), EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.updateListener.of((u) => { if (u.docChanged) told.current(u.state.doc.toString()); })],
    });
    view.current = made;
    return () => made.destroy();
  // the document is the editor's own after it is made
  }, [language, label]);
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value) made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} />;
}
