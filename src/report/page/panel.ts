// The explanation of a parcel: what it is, why it has its grade, what could be done, and what was found.

import { h, term } from "./dom.ts";
import type { Cell, Column, Detail, Facts, Table } from "./payload.ts";
import { WAN_PER_YI, heading, hectares, money, number, said, shown, t, word } from "./words.ts";

type Row = Map<string, Cell>;

/** Columns of the inventory by what they are about; those of zones come between. */
const GROUPS: [`report:${string}`, string[]][] = [
  ["report:group_land", ["town", "industry", "land_use", "area_mu", "area_m2", "area_basis", "area_registered_m2", "area_planar_m2", "overlap_m2", "location_class"]],
  ["report:group_buildings", ["far", "far_basis", "far_low", "far_high", "building_density", "floor_area_m2", "footprint_m2", "building_coefficient", "green_rate", "target_far", "floor_area_to_target_m2"]],
  ["report:group_economy", ["tax_per_mu_wan", "output_per_mu_wan", "revenue_per_mu_wan", "invest_per_mu_wan", "value_added_per_mu_wan", "value_added_per_tce_wan", "value_added_per_t_wan", "value_added_per_employee_wan", "rnd_share", "tax_wan", "output_wan", "employees", "enterprises", "scale"]],
  ["report:group_rules", ["standards_met", "standards_failed", "contract_met", "contract_failed", "contract_days_late", "transfer_met", "transfer_failed", "term_met", "idle_years_computed", "idle_basis", "overdue", "next_due", "next_due_date", "sensitive"]],
];
/** Columns that stand at the top, in words of their own. */
const TOP = ["grade", "grade_reason", "score", "low_efficiency", "low_efficiency_reason", "tract_id", "sliver_status", "sliver_kind", "sliver_project", "tools", "needs_data", "findings"];

/** What is known of a parcel without unpacking: the columns that the map and the plots draw. */
export function explanation(facts: Facts, id: string, known: Row, detail: Detail | undefined): HTMLElement {
  const row: Row = new Map([...known, ...(detail?.cells ?? [])]);
  const column = (name: string) => facts.inventory.find((one) => one.name === name);
  const line = (name: string) => {
    const own = column(name);
    const value = row.get(name);
    return own && value !== null && value !== undefined && value !== "" ? term(heading(own), word(own.meaning), shown(own, value), also(own, value)) : null;
  };
  const zones = [...row.keys()].filter((name) => name.startsWith("zone_") || (name.startsWith("share_") && Number(row.get(name)) > 0));
  const groups = GROUPS.map(([title, names]) => group(t(title), names.map(line)));
  groups.splice(1, 0, group(t("report:group_zones"), zones.map(line)));
  return h(
    "div",
    { class: "explanation" },
    h("h3", { tabindex: -1 }, `${t("report:parcel")} ${id}`),
    group(t("report:group_judgement"), TOP.filter((name) => name !== "tools" && name !== "needs_data").map(line)),
    points(facts, detail),
    tools(facts, row),
    ...groups,
    detail ? decisions(facts, detail) : h("p", { class: "note" }, t("report:no_details", { n: facts.parcels })),
    detail ? findings(facts, detail) : null,
    h("p", { class: "note" }, t("report:more_by_explain"), " ", h("code", {}, `mujun explain RUN_DIR ${id}`)),
  );
}

/** A large figure in the unit that people say it in, beside the unit of its column: hectares, 亿元. */
function also(column: Column, value: Cell): string | null {
  if (typeof value !== "number") return null;
  if (column.name === "area_m2") return ` (${hectares(value)})`;
  return column.unit[1] === "10,000 CNY" && value >= WAN_PER_YI ? ` (${money(value)})` : null;
}

function group(title: string, lines: (HTMLElement | null)[]): HTMLElement | null {
  const kept = lines.filter((line) => line !== null);
  return kept.length ? h("section", {}, h("h4", {}, title), h("dl", {}, ...kept)) : null;
}

interface IndicatorFacts {
  value?: number | null;
  benchmark?: number | null;
  weight?: number | null;
  points?: number | null;
}

/** The points of a grade, indicator by indicator, the one that cost most first. */
function points(facts: Facts, detail: Detail | undefined): HTMLElement | null {
  const indicators = detail?.decisions.map(([, , , own]) => own?.["indicators"]).find((own) => own && typeof own === "object");
  if (!indicators) return null;
  const rows = Object.entries(indicators as Record<string, IndicatorFacts>);
  const lost = ([, own]: [string, IndicatorFacts]) => (own.weight ?? 0) - (own.points ?? 0);
  rows.sort((a, b) => lost(b) - lost(a));
  const cell = (value: number | null | undefined) => h("td", { class: "number" }, typeof value === "number" ? number(value, 2) : "–");
  const name = (code: string) => {
    const column = facts.inventory.find((one) => one.name === code);
    return column ? heading(column) : code;
  };
  const heads = (["report:indicator", "report:value", "report:benchmark", "report:points", "report:of_points"] as const).map((key) => h("th", { scope: "col" }, t(key)));
  return h(
    "section",
    {},
    h("h4", {}, t("report:points_title")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("report:points_title") }, h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads)),
      h("tbody", {}, ...rows.map(([code, own]) => h("tr", {}, h("th", { scope: "row" }, name(code)), cell(own.value), cell(own.benchmark), cell(own.points), cell(own.weight)))),
    )),
  );
}

function at(table: Table, row: Cell[], name: string): string {
  const place = table.columns.findIndex((column) => column.name === name);
  return String(row[place] ?? "");
}

/** The tools that could apply, and those that lack facts. */
function tools(facts: Facts, row: Row): HTMLElement | null {
  const table = facts.tables["tools"];
  if (!table) return null;
  const routes = (name: string) => String(row.get(name) ?? "").split(/\s+/).filter(Boolean);
  const [could, lacking] = [routes("tools"), routes("needs_data")];
  if (!could.length && !lacking.length) return null;
  const item = (route: string) => {
    const own = table.rows.find((one) => at(table, one, "route") === route);
    const named: [string, string] = own ? [at(table, own, "name_zh"), at(table, own, "name")] : [route, route];
    return h("li", {}, `${word(named)} (${route})`, own ? h("small", {}, legal(at(table, own, "legal"))) : null);
  };
  const list = (title: string, routes: string[]) => (routes.length ? h("div", {}, h("h5", {}, title), h("ul", {}, ...routes.map(item))) : null);
  return h("section", {}, h("h4", {}, t("report:tools_title")), list(t("report:tools_could"), could), list(t("report:tools_lacking"), lacking));
}

interface Legal {
  document?: string;
  document_zh?: string;
  articles?: string[] | string;
}

/** The legal basis of a tool on a line; the ledger has it as JSON. */
function legal(text: string): string {
  let sources: Legal[] = [];
  try {
    sources = JSON.parse(text || "[]") as Legal[];
  } catch {
    return text;
  }
  return sources.map((one) => `${word([one.document_zh ?? one.document ?? "", one.document ?? one.document_zh ?? ""])} ${[one.articles ?? []].flat().join(", ")}`.trim()).join("; ");
}

function decisions(facts: Facts, detail: Detail): HTMLElement | null {
  if (!detail.decisions.length) return null;
  const items = detail.decisions.map(([rule, verdict, reasons]) => {
    const id = facts.details.rules[rule] ?? "";
    const source = facts.citations.find(([own]) => own === id);
    return h(
      "li",
      {},
      h("strong", {}, shown(facts.verdicts, verdict)),
      " ",
      h("code", {}, id),
      reasons ? h("div", {}, said(reasons)) : null,
      source ? h("small", {}, `${source[1]}, ${source[2]}`) : null,
    );
  });
  return h("section", {}, h("h4", {}, t("report:decisions_title")), h("ul", { class: "plain" }, ...items));
}

function findings(facts: Facts, detail: Detail): HTMLElement | null {
  if (!detail.findings.length) return null;
  const column = (name: string): Column | undefined => facts.tables["findings"]?.columns.find((one) => one.name === name);
  const say = (name: string, value: string) => {
    const own = column(name);
    return own ? shown(own, value) : value;
  };
  const items = detail.findings.map(([severity, code, field, value, message, hint]) =>
    h("li", {}, h("strong", { class: severity }, say("severity", severity)), ` ${say("code", code)}: `, said(message), field ? ` (${field}${value ? ` = ${value}` : ""})` : null, hint ? h("small", {}, said(hint)) : null),
  );
  return h("section", {}, h("h4", {}, t("report:findings_title")), h("ul", { class: "plain" }, ...items));
}
