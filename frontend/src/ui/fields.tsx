// Form controls: labelled fields, switches, a segmented choice, the search that `/` focuses.
import { type ReactNode, useId } from "react";
import { Icon } from "./icons";

export function Labelled({ label, help, link, error, children }: { label: string; help?: ReactNode; link?: string | null; error?: string; children: ReactNode }) {
  return (
    <div className="mb-4">
      <label className="block"><span className="font-medium block mb-1">{label}</span>{children}</label>
      {error && <p className="text-bad-text text-sm mt-1" role="alert">{error}</p>}
      {help && <p className="soft text-sm mt-1">{typeof help === "string" ? <Rich text={help} /> : help} {link && <a className="link" href={link} target="_blank" rel="noreferrer">Open in Loops <Icon name="external" size={11} className="inline" /></a>}</p>}
    </div>
  );
}

/** Plain text with `code` in it. */
export const Rich = ({ text }: { text: string }) => <>{text.split(/(`[^`]+`)/).map((part, i) => part.startsWith("`") ? <code key={i} className="inline-code">{part.slice(1, -1)}</code> : part)}</>;

export function Check({ label, help, checked, change, disabled }: { label: ReactNode; help?: string; checked: boolean; change: (to: boolean) => void; disabled?: boolean }) {
  const id = useId();
  return (
    <div className="flex gap-2.5 items-start py-1">
      <input id={id} type="checkbox" className="mt-[3px]" checked={checked} disabled={disabled} onChange={(e) => change(e.target.checked)} aria-describedby={help ? `${id}-h` : undefined} />
      <span><label htmlFor={id} className={help ? "font-medium" : ""}>{label}</label>{help && <span id={`${id}-h`} className="soft text-sm block"><Rich text={help} /></span>}</span>
    </div>
  );
}

export function Select<T extends string>({ label, value, options, change, className = "" }: { label: string; value: T; options: [T, string][]; change: (to: T) => void; className?: string }) {
  return <select aria-label={label} className={`field !w-auto ${className}`} value={value} onChange={(e) => change(e.target.value as T)}>{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}</select>;
}

export function Segments<T extends string>({ label, value, options, change }: { label: string; value: T; options: readonly (readonly [T, string])[]; change: (to: T) => void }) {
  return (
    <div role="group" aria-label={label} className="inline-flex rounded-lg sunk border line p-0.5 gap-0.5">
      {options.map(([key, text]) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => change(key)}
          className={`rounded-md px-2.5 py-1 text-sm font-medium leading-5 ${key === value ? "bg-card shadow-sm text-ink" : "soft hover:text-ink"}`}>{text}</button>
      ))}
    </div>
  );
}

export function Search({ label, value, change, placeholder, autoFocus, className = "" }: { label: string; value: string; change: (to: string) => void; placeholder?: string; autoFocus?: boolean; className?: string }) {
  return (
    <div className={`relative grow min-w-44 ${className}`}>
      <Icon name="search" size={14} className="absolute left-3 top-1/2 -translate-y-1/2 soft" />
      <input type="search" className="field !pl-8.5 !pr-9" aria-label={label} placeholder={placeholder ?? label} value={value} autoFocus={autoFocus} onChange={(e) => change(e.target.value)} onKeyDown={(e) => e.key === "Escape" && (value ? change("") : e.currentTarget.blur())} />
      {!value && <kbd aria-hidden="true" className="absolute right-2.5 top-1/2 -translate-y-1/2 text-xs soft border line rounded px-1.5 leading-5 hidden sm:block">/</kbd>}
    </div>
  );
}

const RANGES = [["2h", "2 hours"], ["1d", "1 day"], ["7d", "7 days"], ["30d", "30 days"]] as const;
export type Range = (typeof RANGES)[number][0];
export const RangePicker = ({ value, change }: { value: Range; change: (to: Range) => void }) => <Segments label="Period" value={value} options={RANGES} change={change} />;
