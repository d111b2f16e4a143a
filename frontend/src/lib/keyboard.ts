// `/` goes to the page's search; arrows from there into the first list.
export function listen(): () => void {
  const key = (event: KeyboardEvent) => {
    const target = event.target instanceof HTMLElement ? event.target : undefined;
    const typing = target && (/^(input|textarea|select)$/i.test(target.tagName) || target.isContentEditable);
    const search = document.querySelector<HTMLInputElement>('main input[type="search"]');
    if (event.key === "/" && !typing && search && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); search.select(); }
    if (event.key === "ArrowDown" && (target === search || target === document.body)) {
      const first = document.querySelector<HTMLElement>("main tr.row, main a.card");
      if (first) { event.preventDefault(); first.focus(); }
    }
  };
  addEventListener("keydown", key);
  return () => removeEventListener("keydown", key);
}
