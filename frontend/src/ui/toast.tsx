// Short notes of what a click did, said to screen readers too.
import { useEffect, useState } from "react";
import { Icon } from "./icons";

interface Note { id: number; text: string; bad: boolean }
let tell: ((note: Note) => void) | undefined;
let last = 0;
export const toast = (text: string, bad = false): void => tell?.({ id: ++last, text, bad });

export function ToastHost() {
  const [notes, setNotes] = useState<Note[]>([]);
  useEffect(() => {
    tell = (note) => {
      setNotes((old) => [...old.slice(-2), note]);
      setTimeout(() => setNotes((old) => old.filter((n) => n.id !== note.id)), note.bad ? 8000 : 3500);
    };
    return () => { tell = undefined; };
  }, []);
  return (
    <div role="status" aria-live="polite" aria-label="Notes" className="fixed bottom-4 right-4 z-50 flex flex-col gap-2 max-w-sm">
      {notes.map((n) => (
        <div key={n.id} className="card !shadow-[var(--float)] px-4 py-3 flex gap-2.5 items-start"><Icon name={n.bad ? "failed" : "check"} className={`mt-0.5 ${n.bad ? "text-bad" : "text-good"}`} /><span>{n.text}</span></div>
      ))}
    </div>
  );
}
