// Light, dark, or as the system says; remembered on this machine.
export type Theme = "system" | "light" | "dark";

const KEY = "headrace-theme";
const media = matchMedia("(prefers-color-scheme: dark)");

export const chosen = (): Theme => (localStorage.getItem(KEY) as Theme | null) ?? "system";

export function apply(theme: Theme = chosen()): void {
  localStorage.setItem(KEY, theme);
  const dark = theme === "dark" || (theme === "system" && media.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

media.addEventListener("change", () => apply());
apply();
