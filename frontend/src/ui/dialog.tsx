// Dialogs on the browser's own <dialog>: focus stays inside, Escape closes, nothing is injected that the policy forbids.
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "./icons";

let last: HTMLElement | undefined; // what a key or click was given to: a button that is disabled while it asks has the focus no longer
addEventListener("focusin", (event) => { if (event.target instanceof HTMLElement) last = event.target; });

/** A <dialog> that is open as long as it is drawn. Afterwards the focus is where it was, however the dialog went. */
export function Modal({ label, close, className, children }: { label: string; close: () => void; className: string; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const box = ref.current!, before = last;
    box.showModal();
    return () => {
      box.close();
      if (before?.isConnected) before.focus(); else document.getElementById("content")?.focus();
    };
  }, []);
  return <dialog ref={ref} aria-label={label} onClose={() => ref.current?.open === false && close()} onClick={(e) => e.target === ref.current && close()} className={className}>{children}</dialog>;
}

/** The button that closes it comes last, so that the first field has the focus. */
export const Dialog = ({ title, close, children, wide = false }: { title: string; close: () => void; children: ReactNode; wide?: boolean }) => (
  <Modal label={title} close={close} className={`m-auto rounded-xl border line p-0 w-[calc(100%-2rem)] ${wide ? "max-w-3xl" : "max-w-lg"} max-h-[88vh] shadow-[var(--float)]`}>
    <h2 className="text-lg pl-5 pr-14 pt-4 break-words">{title}</h2>
    <div className="px-5 pb-5 pt-2">{children}</div>
    <button type="button" aria-label="Close" className="button plain small absolute top-4 right-4" onClick={close}><Icon name="close" /></button>
  </Modal>
);

type Draw<T> = (answer: (value?: T) => void) => ReactNode;
let host: ((draw: Draw<unknown>) => Promise<unknown>) | undefined;
/** A dialog that somebody waits for; undefined: it was closed without an answer. */
export const show = <T,>(draw: Draw<T>): Promise<T | undefined> => (host ? host(draw as Draw<unknown>) : Promise.resolve(undefined)) as Promise<T | undefined>;

export function DialogHost() {
  const [open, setOpen] = useState<{ content: ReactNode }>();
  useEffect(() => {
    host = (draw) => new Promise((resolve) => setOpen({ content: draw((value) => { setOpen(undefined); resolve(value); }) }));
    return () => { host = undefined; };
  }, []);
  return open?.content;
}

interface Question { title: string; body?: ReactNode; action: string; danger?: boolean }
/** "Are you sure?", said with what will happen. */
export const confirm = async ({ title, body, action, danger }: Question): Promise<boolean> => !!await show<boolean>((answer) => (
  <Dialog title={title} close={() => answer()}>
    {body && <div className="soft">{body}</div>}
    <Answers action={action} danger={danger} cancel={() => answer()} go={() => answer(true)} />
  </Dialog>
));

export const Answers = ({ action, danger, disabled, cancel, go }: { action: string; danger?: boolean; disabled?: boolean; cancel: () => void; go: () => void }) => (
  <div className="flex gap-2 justify-end mt-5">
    <button type="button" className="button" onClick={cancel}>Cancel</button>
    <button type="button" className={`button ${danger ? "danger" : "primary"}`} disabled={disabled} onClick={go}>{action}</button>
  </div>
);
