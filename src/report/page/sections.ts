// The parts of the page below the map: tables, lists, the quality of the data and where everything comes from.

import { h } from "./dom.ts";
import type { Cell, Column, Columns, Facts, Pair, Table } from "./payload.ts";
import { chosen, table } from "./table.ts";
import { hectares, number, shown, t, word } from "./words.ts";

export interface Links {
  parcel: (id: string) => void;
  town: (town: string) => void;
  /** Whether a code is that of a parcel: findings are of buildings and enterprises too. */
  isParcel: (id: string) => boolean;
}

/** A column that the page itself has worked out. */
function made(name: string, label: Pair, unit: Pair, kind: Column["kind"]): Column {
  return { name, kind, label, unit, meaning: ["", ""], codes: {} };
}

export function place(of: Table, name: string): number {
  return of.columns.findIndex((column) => column.name === name);
}

/** The land of a grade in each group of a category (mu). */
export function landOf(columns: Columns, category: string, grade: string): Map<string, number> {
  const [groups, grades, area] = [columns.categories.get(category), columns.categories.get("grade"), columns.numbers.get("area_mu")];
  const sums = new Map<string, number>();
  if (!groups || !grades || !area) return sums;
  const wanted = grades.texts.indexOf(grade) + 1;
  if (!wanted) return sums;
  grades.index.forEach((own, row) => {
    const group = groups.texts[groups.index[row]! - 1];
    if (own === wanted && group !== undefined && !Number.isNaN(area[row]!)) sums.set(group, (sums.get(group) ?? 0) + area[row]!);
  });
  return sums;
}

const OF_GROUPS = ["key", "parcels", "area_mu", "far", "building_density", "tax_per_mu_wan", "output_per_mu_wan", "value_added_per_mu_wan", "graded", "share_a", "share_b", "share_c", "share_d", "area_mu_d"];

/** A summary with the land of grade D beside it. */
export function groups(facts: Facts, columns: Columns, name: "by_town" | "by_industry", links: Links): HTMLElement {
  const own = facts.tables[name]!;
  const part = chosen(own.columns, own.rows, OF_GROUPS);
  if (place(own, "area_mu_d") < 0) {
    // Runs of earlier versions do not add it up.
    const land = landOf(columns, name === "by_town" ? "town" : "industry", "D");
    part.columns.push(made("area_mu_d", [t("report:land_d"), t("report:land_d")], ["亩", "mu"], "number"));
    part.rows = part.rows.map((row) => [...row, typeof row[0] === "string" ? (land.get(row[0]) ?? 0) : null]);
  }
  const sorted = { column: part.columns.findIndex((column) => column.name === "area_mu"), down: true };
  const follow = name === "by_town" ? { links: { key: links.town } } : {};
  return table({ caption: word(own.words.title), ...part, sorted, total: own.total, file: own.file, ...follow });
}

/** One of the lists of the page, or a line that says that it is empty. */
export function list(facts: Facts, name: string, names: string[], links: Links, keep?: (row: Cell[]) => boolean): HTMLElement {
  const own = facts.tables[name]!;
  if (!own.rows.length) return h("p", { class: "note" }, t("report:none"));
  const part = chosen(own.columns, keep ? own.rows.filter(keep) : own.rows, names);
  const total = keep ? {} : { total: own.total };
  return table({ caption: word(own.words.title), ...part, ...total, file: own.file, links: { parcel_id: links.parcel, feature_id: links.parcel, tract_id: links.parcel }, leads: links.isParcel });
}

/** Left-over plots, those that could join a project first. */
export function slivers(facts: Facts, links: Links): HTMLElement {
  const own = facts.tables["sliver_candidates"]!;
  const status = place(own, "status");
  const could = (row: Cell[]) => String(row[status]).startsWith("eligible");
  const names = ["parcel_id", "project_id", "status", "kind", "area_m2", "shared_m", "recommended", "refused_by", "hard_to_develop", "human"];
  const [first, all] = [h("div"), h("details", {}, h("summary", {}, t("report:slivers_all", { n: own.total })))];
  const count = own.rows.filter(could).length;
  first.append(h("p", {}, t("report:slivers_could", { n: count })));
  if (count) first.append(list(facts, "sliver_candidates", names, links, could));
  all.append(list(facts, "sliver_candidates", names, links));
  return h("div", {}, first, own.rows.length ? all : null);
}

/** How many findings there are of which kind, and the worst. */
export function quality(facts: Facts, links: Links): HTMLElement {
  const of = facts.tables["findings"]!;
  const column = (name: string) => of.columns[place(of, name)]!;
  const count = made("count", [t("report:count"), t("report:count")], ["", ""], "whole");
  const waived = made("waived_count", [t("report:waived"), t("report:waived")], ["", ""], "whole");
  const counts = facts.finding_counts.map((row) => [...row] as Cell[]);
  return h(
    "div",
    {},
    counts.length
      ? table({ caption: t("report:findings_by_kind"), columns: [column("severity"), column("code"), column("who"), count, waived], rows: counts })
      : h("p", {}, t("report:no_findings")),
    counts.length ? h("h3", {}, t("report:worst_findings")) : null,
    counts.length ? list(facts, "findings", ["severity", "code", "file", "row", "feature_id", "field", "value", "message", "hint", "who"], links) : null,
  );
}

function plainTable(caption: string, heads: string[], rows: (string | Node)[][]): HTMLElement {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))))),
  );
}

const hash = (sha256: string) => h("code", { class: "hash" }, sha256);

/** What the run was made of. */
export function provenance(facts: Facts): HTMLElement {
  const { manifest } = facts;
  const inputs = manifest.inputs.map((file) => [word(facts.roles[file.role]), [file.path, file.layer].filter(Boolean).join(" : "), number(file.features, 0), number(file.bytes, 0), hash(file.sha256)]);
  const packs = manifest.rule_packs.map((pack) => [pack.id, pack.version, pack.kinds.join(", "), hash(pack.sha256)]);
  const outputs = manifest.outputs.map((file) => [file.path, word(facts.files[file.path]) || "–", number(file.bytes, 0), hash(file.sha256)]);
  const balances = manifest.balances.map((one) => [word(facts.stages[one.stage]), word(facts.quantities[one.quantity]), one.unit || "–", ...[one.in, one.out, one.rejected, one.unassigned].map((value) => number(value, Number.isInteger(value) ? 0 : 2))]);
  const citations = facts.citations.map(([rule, document, article]) => [h("code", {}, rule), document, article]);
  const more = (title: string, ...content: HTMLElement[]) => h("details", {}, h("summary", {}, title), ...content);
  return h(
    "div",
    {},
    h("p", {}, t("report:made_by", { version: manifest.mujun_version, crs: manifest.settings.crs, date: manifest.as_of })),
    plainTable(t("report:inputs"), [t("report:role"), t("report:file"), t("report:features"), t("report:bytes"), "SHA-256"], inputs),
    plainTable(t("report:rule_packs"), [t("report:pack"), t("report:version"), t("report:kinds"), "SHA-256"], packs),
    citations.length ? more(t("report:citations", { n: citations.length }), plainTable(t("report:citations_caption"), [t("report:rule"), t("report:document"), t("report:article")], citations)) : null,
    more(t("report:balances"), plainTable(t("report:balances"), [t("report:stage"), t("report:quantity"), t("report:unit"), t("report:in"), t("report:out"), t("report:rejected"), t("report:unassigned")], balances)),
    more(t("report:outputs"), plainTable(t("report:outputs"), [t("report:file"), t("report:holds"), t("report:bytes"), "SHA-256"], outputs)),
    h("p", { class: "note" }, t("report:limits", { metres: facts.grid.step })),
  );
}

/** A figure in large type with a line below. */
export function card(title: string, value: string, note: string, unit = ""): HTMLElement {
  return h("div", { class: "card" }, h("dt", {}, title), h("dd", {}, h("strong", {}, value, unit && value !== "–" ? h("small", {}, ` ${unit}`) : null), note ? h("small", {}, note) : null));
}

/** Area in hectares of a row of a summary. */
export function rowHectares(of: Table, row: Cell[]): string {
  const area = row[place(of, "area_m2")];
  return typeof area === "number" ? hectares(area) : "–";
}

/** A cell of a row of a table, for reading. */
export function cellOf(of: Table, row: Cell[], name: string): string {
  const at = place(of, name);
  return at < 0 ? "–" : shown(of.columns[at]!, row[at]);
}
