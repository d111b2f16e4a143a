// The icons, drawn as strokes on a 16-unit grid so that they take the text's colour and size.
const PATHS = {
  overview: "M2 8.5h3l2-5 3 9 2-4h2", sources: "M8 2v8M5 7l3 3 3-3M2.5 11.5v1A1.5 1.5 0 0 0 4 14h8a1.5 1.5 0 0 0 1.5-1.5v-1",
  destinations: "M2 8h9M8 4.5 11.5 8 8 11.5M14 3v10", failed: "M8 5.5v3.2M8 11v.1M7 2.6 1.7 12a1.2 1.2 0 0 0 1 1.8h10.6a1.2 1.2 0 0 0 1-1.8L9 2.6a1.2 1.2 0 0 0-2 0Z",
  people: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8ZM2.8 13.6c.5-2.5 2.6-4 5.2-4s4.7 1.5 5.2 4", tryit: "M5 3.2v9.6L12.8 8 5 3.2Z",
  audience: "M6 7.6a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8ZM1.6 13.2c.3-2.2 2.1-3.6 4.4-3.6s4.1 1.4 4.4 3.6M10.8 3a2.3 2.3 0 0 1 0 4.4M12.2 9.8c1.3.5 2.1 1.7 2.3 3.4",
  workflows: "M8 1.8v3.4M4 5.2h8M4 5.2v3M12 5.2v3M2.5 8.2h3v3h-3zM10.5 8.2h3v3h-3zM4 11.2v3M12 11.2v3",
  events: "M9 1.8 3.5 9H8l-1 5.2L12.5 7H8l1-5.2Z", lists: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1", api: "m5 5-3 3 3 3M11 5l3 3-3 3M9.2 3.5 6.8 12.5",
  inbox: "M2 9.5 3.8 3h8.4L14 9.5V13H2V9.5ZM2 9.5h3.5a2.5 2.5 0 0 0 5 0H14", sending: "M14 2 7.2 8.8M14 2 9.7 14l-2.5-5.2L2 6.3 14 2Z",
  settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM5.5 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  menu: "M2 4h12M2 8h12M2 12h12", close: "m3.5 3.5 9 9M12.5 3.5l-9 9", search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM14 14l-3.4-3.4", copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "m3 8.5 3.2 3.2L13 4.8", live: "M8 9.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4ZM4.8 11.2a4.5 4.5 0 0 1 0-6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4M2.7 13.3a7.5 7.5 0 0 1 0-10.6M13.3 2.7a7.5 7.5 0 0 1 0 10.6",
  pause: "M5.5 3v10M10.5 3v10", play: "M5 3.2v9.6L12.8 8 5 3.2Z", chevron: "m6 3.5 4.5 4.5L6 12.5", down: "m3.5 6 4.5 4.5L12.5 6", plus: "M8 3v10M3 8h10", link: "M6.5 9.5l3-3M7 4.5l1-1a3 3 0 0 1 4.3 4.3l-1 1M9 11.5l-1 1A3 3 0 0 1 3.7 8.2l1-1",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3", download: "M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11", external: "M6.5 3.5h-4v10h10v-4M9.5 2.5h4v4M13.5 2.5 7.5 8.5", user: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8ZM2.8 13.6c.5-2.5 2.6-4 5.2-4s4.7 1.5 5.2 4",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M3.4 12.6l.8-.8M11.8 4.2l.8-.8", moon: "M13.2 9.8A5.6 5.6 0 0 1 6.2 2.8a5.6 5.6 0 1 0 7 7Z", system: "M2 3h12v8H2zM6 14h4M8 11v3",
  mail: "M2 4h12v8.5H2zM2.4 4.4 8 9l5.6-4.6",
  trash: "M2.5 4.2h11M6 4V2.5h4V4M4 4.2l.6 9.3h6.8l.6-9.3", edit: "m10.5 3 2.5 2.5-7.5 7.5H3v-2.5L10.5 3Z", filter: "M2 3.5h12L9.5 8.8v4L6.5 14V8.8L2 3.5Z", info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5V11M8 5v.1", logout: "M6.5 13.5h-4v-11h4M10.5 11 13.5 8l-3-3M13.5 8H6",
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16, className = "" }: { name: IconName; size?: number; className?: string }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" className={`shrink-0 ${className}`} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" className="shrink-0" fill="none" strokeLinecap="round" strokeWidth="2.4">
      <path d="M2.5 6.5c4.5 0 4.5 4 9 4s4.5-4 10-4" stroke="var(--accent)" />
      <path d="M2.5 12c4.5 0 4.5 4 9 4s4.5-4 10-4" stroke="var(--accent)" opacity=".7" />
      <path d="M2.5 17.5c4.5 0 4.5 4 9 4s4.5-4 10-4" stroke="var(--accent)" opacity=".4" />
    </svg>
  );
}
