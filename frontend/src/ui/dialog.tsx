// Dialogs on the browser's own <dialog>: focus stays inside, Escape closes, nothing is injected that the policy forbids.
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "./icons";

export function Dialog({ title, close, children, wide = false }: { title: string; close: () => void; children: ReactNode; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => { const box = ref.current; if (box && !box.open) box.showModal(); }, []);
  return (
    <dialog ref={ref} aria-label={title} onClose={close} onClick={(e) => e.target === ref.current && close()}
      className={`m-auto rounded-xl border line p-0 w-[calc(100%-2rem)] ${wide ? "max-w-3xl" : "max-w-lg"} max-h-[88vh] shadow-[var(--float)]`}>
      <div className="flex items-center gap-2 px-5 pt-4"><h2 className="text-lg grow">{title}</h2><button type="button" aria-label="Close" className="button plain small" onClick={close}><Icon name="close" /></button></div>
      <div className="px-5 pb-5 pt-2">{children}</div>
    </dialog>
  );
}

interface Question { title: string; body?: ReactNode; action: string; danger?: boolean }
let ask: ((question: Question) => Promise<boolean>) | undefined;
/** "Are you sure?", said with what will happen. */
export const confirm = (question: Question): Promise<boolean> => ask ? ask(question) : Promise.resolve(false);

export function ConfirmHost() {
  const [open, setOpen] = useState<Question & { answer: (yes: boolean) => void }>();
  useEffect(() => {
    ask = (question) => new Promise((resolve) => setOpen({ ...question, answer: (yes) => { setOpen(undefined); resolve(yes); } }));
    return () => { ask = undefined; };
  }, []);
  if (!open) return null;
  return (
    <Dialog title={open.title} close={() => open.answer(false)}>
      {open.body && <div className="soft">{open.body}</div>}
      <div className="flex gap-2 justify-end mt-5">
        <button type="button" className="button" onClick={() => open.answer(false)}>Cancel</button>
        <button type="button" className={`button ${open.danger ? "danger" : "primary"}`} onClick={() => open.answer(true)}>{open.action}</button>
      </div>
    </Dialog>
  );
}
