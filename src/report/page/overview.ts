// The figures in large type: of everything, or of one town.

import { h } from "./dom.ts";
import type { Cell, Columns, Facts, Table } from "./payload.ts";
import { card, cellOf, place, rowHectares } from "./sections.ts";
import { classify } from "./themes.ts";
import { money, number, percent, t, word } from "./words.ts";

/** Land that is said in the larger unit, and mu of that unit. */
const [MU_MANY, MU_PER_LARGE] = [1_000_000, 10_000];

/** The row of a summary that a town has; without a town that of everything. */
export function summary(facts: Facts, town: string): { of: Table; row: Cell[] } | undefined {
  const of = facts.tables[town ? "by_town" : "overall"];
  const key = of ? place(of, "key") : -1;
  const row = of?.rows.find((row) => !town || row[key] === town);
  return of && row ? { of, row } : undefined;
}

export function headline(facts: Facts, columns: Columns, town: string, rows: number[] | undefined): HTMLElement {
  const found = summary(facts, town);
  if (!found) return h("p", { class: "note" }, t("report:none"));
  const { of, row } = found;
  const cell = (name: string) => cellOf(of, row, name);
  const value = (name: string) => {
    const own = row[place(of, name)];
    return typeof own === "number" ? own : undefined;
  };
  const sum = (name: string) => {
    const own = value(name);
    return own === undefined ? "" : t("report:in_all", { sum: money(own) });
  };
  const [land, unit] = mu(value("area_mu"));
  const low = lowEfficiency(columns, rows);
  const known = (name: string) => t("report:known_of", { n: value(name) ?? 0 });
  return h(
    "dl",
    { class: "cards" },
    card(t("report:parcels"), cell("parcels"), ""),
    card(t("report:area"), land, rowHectares(of, row), unit),
    card(t("report:far"), cell("far"), known("parcels_with_far")),
    card(t("report:density"), cell("building_density"), known("parcels_with_density")),
    card(t("report:tax_per_mu"), cell("tax_per_mu_wan"), sum("tax_wan"), t("report:wan_mu")),
    card(t("report:output_per_mu"), cell("output_per_mu_wan"), sum("output_wan"), t("report:wan_mu")),
    card(t("report:low"), low, low === "–" ? t("report:no_rule") : t("report:low_note")),
    town ? card(t("report:graded"), cell("graded"), "") : card(t("report:findings"), number(facts.manifest.findings.error, 0), t("report:findings_note", { warnings: facts.manifest.findings.warning })),
  );
}

/** Land in mu and its unit: that of a whole province in 万亩. */
function mu(land: number | undefined): [string, string] {
  if (land === undefined) return ["–", ""];
  return land < MU_MANY ? [number(land, 1), t("report:mu")] : [number(land / MU_PER_LARGE, 1), t("report:ten_thousand_mu")];
}

function lowEfficiency(columns: Columns, rows: number[] | undefined): string {
  const category = columns.categories.get("low_efficiency");
  const yes = (category?.texts.indexOf("yes") ?? -1) + 1;
  const asked = category?.texts.some((text) => text !== "unknown");
  if (!category || !asked) return "–";
  const index = category.index;
  return number(rows ? rows.filter((row) => yes && index[row] === yes).length : index.reduce((n, own) => n + Number(yes && own === yes), 0), 0);
}

/** How much land and how many parcels have which grade. */
export function grades(facts: Facts, columns: Columns, rows: number[] | undefined): HTMLElement | null {
  const theme = facts.themes.find((theme) => theme.id === "grade");
  const area = columns.numbers.get("area_mu");
  if (!theme || !area) return null;
  const classes = classify(theme, columns);
  const [land, counts] = [classes.labels.map(() => 0), classes.labels.map(() => 0)];
  const add = (row: number) => {
    const own = classes.of[row]!;
    counts[own]!++;
    if (!Number.isNaN(area[row]!)) land[own]! += area[row]!;
  };
  if (rows) rows.forEach(add);
  else for (let row = 0; row < classes.of.length; row++) add(row);
  const whole = land.reduce((sum, own) => sum + own, 0);
  const shares = classes.labels.map((label, i) => ({ label, colour: classes.colours[i]!, share: whole ? land[i]! / whole : 0, land: land[i]!, parcels: counts[i]! })).filter((one) => one.parcels);
  const bar = h("div", { class: "bar", role: "img", "aria-label": `${t("report:land_by_grade")}: ${shares.map((one) => `${one.label} ${percent(one.share)}`).join(", ")}` });
  for (const one of shares) {
    const part = h("span");
    part.style.width = `${100 * one.share}%`;
    part.style.backgroundColor = one.colour;
    bar.append(part);
  }
  const items = shares.map((one) => h("li", {}, swatch(one.colour), h("strong", {}, one.label), ` ${percent(one.share)} · ${number(one.land, 0)} ${t("report:mu")} · ${t("report:n_parcels", { n: one.parcels })}`));
  return h("div", { class: "grades" }, h("h3", {}, t("report:land_by_grade")), bar, h("ul", { class: "legend" }, ...items));
}

export function swatch(colour: string): HTMLElement {
  const square = h("span", { class: "swatch", "aria-hidden": "true" });
  square.style.backgroundColor = colour;
  return square;
}

/** The classes of the theme that the map shows. */
export function legend(columns: Columns, theme: Facts["themes"][number]): HTMLElement {
  const classes = classify(theme, columns);
  const items = classes.labels.map((label, i) => (classes.counts[i] ? h("li", {}, swatch(classes.colours[i]!), `${label} · ${number(classes.counts[i]!, 0)}`) : null));
  return h("div", {}, h("h3", {}, word(theme.title)), h("ul", { class: "legend" }, ...items));
}
