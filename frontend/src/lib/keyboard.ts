// `/` goes to the page's search; arrows from there into the first list, and along it: rows of a table, cards, mails.
const ROWS = "main tr.row, main a.card, main a[data-row]";

export function listen(): () => void {
  const key = (event: KeyboardEvent) => {
    const target = event.target instanceof HTMLElement ? event.target : undefined;
    const typing = target && (/^(input|textarea|select)$/i.test(target.tagName) || target.isContentEditable);
    const search = document.querySelector<HTMLInputElement>('main input[type="search"]');
    if (event.key === "/" && !typing && search && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); search.select(); }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || (typing && target !== search && !target.matches("[type=checkbox]"))) return;
    const list = target?.closest(ROWS)?.closest("table, ul, div"), from = target === search || target === document.body ? -1 : undefined;
    const rows = [...(list ?? document).querySelectorAll<HTMLElement>(ROWS)];
    const next = rows[(list ? rows.findIndex((row) => row.contains(target!)) : from ?? NaN) + by];
    if (next) { event.preventDefault(); next.focus(); }
  };
  addEventListener("keydown", key);
  return () => removeEventListener("keydown", key);
}
