// What the reader has chosen, kept in the address so that a view can be passed on.

import type { Lang } from "./words.ts";

export interface State {
  lang: Lang;
  theme: string;
  /** The town that figures and plots are of; empty = all. */
  town: string;
  /** The code of the parcel that is explained; empty = none. */
  parcel: string;
}

type Key = keyof State;
type Listener = (changed: ReadonlySet<Key>) => void;

const listeners: Listener[] = [];
export const state: State = { lang: "en", theme: "", town: "", parcel: "" };

export function onChange(listener: Listener): void {
  listeners.push(listener);
}

export function change(wanted: Partial<State>): void {
  const changed = new Set((Object.keys(wanted) as Key[]).filter((key) => state[key] !== wanted[key]));
  if (!changed.size) return;
  Object.assign(state, wanted);
  const chosen = Object.entries(state).filter(([, value]) => value);
  history.replaceState(null, "", `#${new URLSearchParams(chosen).toString()}`);
  listeners.forEach((listener) => listener(changed));
}

/** What the address asks for. */
export function asked(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
