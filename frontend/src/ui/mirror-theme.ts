// How an editor looks, in the page's own colours.
import { EditorView } from "codemirror";

export const THEME = EditorView.theme({
  "&": { backgroundColor: "var(--sunk)", color: "var(--text)", fontSize: "12.5px", border: "1px solid var(--edge)", borderRadius: "8px" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "ui-monospace, Menlo, 'DejaVu Sans Mono', monospace", lineHeight: "1.6", maxHeight: "480px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--edge)", borderRadius: "6px" },
  ".ͼe": { color: "var(--good-text)" }, ".ͼb": { color: "var(--accent-text)" }, ".ͼd, .ͼc": { color: "var(--wait-text)" }, ".ͼm": { color: "var(--soft)" },
  ".ͼi": { color: "var(--accent-text)" }, ".ͼg": { color: "var(--wait-text)" },
});
