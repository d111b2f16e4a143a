// Whether Headrace answers: told by every query, shown as one line on top of a page that was left open over a restart.
import { useSyncExternalStore } from "react";
import { Problem } from "./http";

let away = false;
const listeners = new Set<() => void>();
const set = (to: boolean): void => { if (to !== away) { away = to; listeners.forEach((l) => l()); } };

export const failed = (error: unknown): void => { if (error instanceof Problem && (error.status === 0 || error.status >= 502)) set(true); };
export const answered = (): void => set(false);
export const useAway = (): boolean => useSyncExternalStore((told) => { listeners.add(told); return () => listeners.delete(told); }, () => away);
