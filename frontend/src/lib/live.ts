// Server-sent events that outlive a restart: reopened from the last id whenever the browser gives up on the stream.
import { useEffect, useRef, useState } from "react";
import { api, query } from "./http";

export type Listening = "connecting" | "open";
type Handlers = Record<string, (value: never) => void>;

export function useLive(path: string, params: Record<string, string | undefined>, handlers: Handlers, on = true): Listening {
  const [state, setState] = useState<Listening>("connecting");
  const latest = useRef(handlers);
  latest.current = handlers;
  const names = Object.keys(handlers).join(" ");
  const address = JSON.stringify([path, params]);
  useEffect(() => {
    if (!on) return;
    let feed: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = "";
    const open = () => {
      feed = new EventSource(`${api}${path}${query({ ...params, after: last })}`);
      feed.onopen = () => setState("open");
      feed.onerror = () => { setState("connecting"); if (feed?.readyState === EventSource.CLOSED) timer = setTimeout(open, 1500); };
      for (const name of names.split(" ")) feed.addEventListener(name, (m) => {
        if (m.lastEventId) last = m.lastEventId;
        latest.current[name]?.(JSON.parse(m.data) as never);
      });
    };
    open();
    return () => { feed?.close(); clearTimeout(timer); };
  // path and params are in `address`
  }, [address, names, on]);
  return state;
}
