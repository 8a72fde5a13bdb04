// The search for a parcel by its code: a text field with a list below, as ARIA describes a combobox.

import { h, replace } from "./dom.ts";
import { t } from "./words.ts";

/** Codes that are offered. */
const OFFERED = 8;

export function search(ids: string[], go: (id: string) => void): HTMLElement {
  const list = h("ul", { id: "codes", role: "listbox", "aria-label": t("report:search_label"), hidden: true });
  const status = h("span", { class: "hidden", role: "status" });
  const input = h("input", { id: "search", type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-controls": "codes", "aria-expanded": "false", "aria-autocomplete": "list", placeholder: t("report:search_hint") });
  let offered: string[] = [];
  let active = -1;
  const mark = (at: number) => {
    active = at;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `code-${at}`);
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const take = (id: string) => {
    input.value = id;
    close();
    go(id);
  };
  const offer = () => {
    const wanted = input.value.trim().toLowerCase();
    offered = wanted ? like(ids, wanted) : [];
    replace(list, ...offered.map((id, at) => h("li", { id: `code-${at}`, role: "option", "aria-selected": "false", mousedown: (event) => event.preventDefault(), click: () => take(id) }, id)));
    list.hidden = !offered.length;
    input.setAttribute("aria-expanded", String(offered.length > 0));
    mark(-1);
    status.textContent = wanted ? t("report:search_found", { n: offered.length }) : "";
  };
  input.addEventListener("input", offer);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && offered.length) take(offered[Math.max(active, 0)]!);
    if (!offered.length || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    mark((active + (event.key === "ArrowDown" ? 1 : -1) + offered.length) % offered.length);
  });
  return h("div", { class: "search" }, h("label", { for: "search" }, t("report:search_label")), input, list, status);
}

/** Codes that begin with the text, then those that have it anywhere. */
function like(ids: string[], wanted: string): string[] {
  const first: string[] = [];
  const then: string[] = [];
  for (const id of ids) {
    const at = id.toLowerCase().indexOf(wanted);
    if (at === 0) first.push(id);
    else if (at > 0 && then.length < OFFERED) then.push(id);
    if (first.length === OFFERED) break;
  }
  return [...first, ...then].slice(0, OFFERED);
}
