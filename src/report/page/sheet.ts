// The sheet of a town: one A4 page with its figures, its map and what needs doing there.

import { toContext } from "ol/render.js";
import Polygon from "ol/geom/Polygon.js";
import { Fill, Stroke, Style } from "ol/style.js";
import { h } from "./dom.ts";
import type { Ground } from "./ground.ts";
import { grades, headline } from "./overview.ts";
import type { Cell, Columns, Facts } from "./payload.ts";
import { histogram } from "./plots.ts";
import { place } from "./sections.ts";
import { chosen } from "./table.ts";
import { classify } from "./themes.ts";
import { heading, isNumber, number, shown, t } from "./words.ts";

/** Rows of each list of a sheet: what fits on the page. */
const ROWS = 6;
/** The map of a sheet (CSS pixels): A4 without its margins is about 690 wide. It is drawn as high as the page ever has room for, and shown as high as it has. */
const [WIDTH, HEIGHT] = [690, 460];
const MARGIN = 8;

export interface SheetData {
  facts: Facts;
  columns: Columns;
  ground: Ground;
  /** Dots an inch of the map in print, over those of the screen. */
  sharpness: number;
}

/** The sheet of a town; of everything where the town is empty. */
export function sheet(data: SheetData, town: string): HTMLElement {
  const { facts, columns, ground } = data;
  const rows = town ? ground.ofTown(town) : undefined;
  const { manifest } = facts;
  const rules = manifest.rule_packs.map((pack) => `${pack.id} ${pack.version}`).join(", ");
  const values = columns.numbers.get("far") ?? new Float64Array();
  const far = (rows ? Float64Array.from(rows, (row) => values[row]!) : values).filter((value) => !Number.isNaN(value)).sort();
  return h(
    "article",
    { class: "sheet" },
    h("header", {}, h("h1", {}, town || manifest.job), h("p", {}, `${t("report:title")} · ${manifest.job} · ${t("report:as_of", { date: manifest.as_of })}`)),
    headline(facts, columns, town, rows),
    grades(facts, columns, rows),
    map(data, rows),
    h(
      "div",
      { class: "columns" },
      h("div", {}, worst(data, rows), due(data, rows)),
      histogram(t("report:plot_far"), t("report:far_axis"), far, (value) => number(value, 2), (WIDTH * 9) / 20),
    ),
    h("footer", {}, t("report:sheet_foot", { version: manifest.mujun_version, rules, crs: manifest.settings.crs })),
  );
}

/** The parcels of a town by grade, on a canvas that prints. */
function map({ facts, columns, ground, sharpness }: SheetData, rows: number[] | undefined): HTMLCanvasElement {
  const canvas = h("canvas", { role: "img", "aria-label": t("report:map") });
  const context = canvas.getContext("2d");
  const theme = facts.themes.find((theme) => theme.id === "grade");
  const own = rows ?? ground.within(ground.extent);
  if (!context || !theme || !own.length) return canvas;
  const classes = classify(theme, columns);
  const [left, bottom, right, top] = rows ? ground.around(rows) : ground.extent;
  const scale = Math.min((WIDTH - 2 * MARGIN) / (right - left), (HEIGHT - 2 * MARGIN) / (top - bottom));
  const draw = toContext(context, { size: [WIDTH, HEIGHT], pixelRatio: sharpness });
  const [dx, dy] = [(WIDTH - scale * (right - left)) / 2, (HEIGHT - scale * (top - bottom)) / 2];
  const styles = classes.colours.map((colour) => new Style({ fill: new Fill({ color: colour }), stroke: new Stroke({ color: "#5c636a", width: 0.3 }) }));
  for (const row of own) {
    const { flat, ends } = ground.polygon(row);
    for (let i = 0; i < flat.length; i += 2) {
      flat[i] = dx + (flat[i]! - left) * scale;
      flat[i + 1] = HEIGHT - dy - (flat[i + 1]! - bottom) * scale;
    }
    draw.setStyle(styles[classes.of[row]!]!);
    draw.drawGeometry(new Polygon(flat, "XY", ends));
  }
  return canvas;
}

function small(title: string, of: ReturnType<typeof chosen>): HTMLElement | null {
  if (!of.rows.length) return null;
  const side = (at: number) => (isNumber(of.columns[at]!) ? "number" : null);
  return h(
    "table",
    {},
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, ...of.columns.map((column, at) => h("th", { scope: "col", class: side(at) }, heading(column))))),
    h("tbody", {}, ...of.rows.map((row) => h("tr", {}, ...row.map((cell, at) => h("td", { class: side(at) }, shown(of.columns[at]!, cell)))))),
  );
}

/** The largest parcels of grade D. */
function worst({ facts, columns }: SheetData, rows: number[] | undefined): HTMLElement | null {
  const [grade, area] = [columns.categories.get("grade"), columns.numbers.get("area_mu")];
  const wanted = (grade?.texts.indexOf("D") ?? -1) + 1;
  if (!grade || !area || !wanted) return null;
  const all = rows ?? [...grade.index.keys()];
  const size = (row: number) => area[row] || 0;
  const own = all.filter((row) => grade.index[row] === wanted).sort((a, b) => size(b) - size(a)).slice(0, ROWS);
  const names = ["area_mu", "far", "tax_per_mu_wan"];
  const cells = (row: number): Cell[] => [columns.ids[row]!, ...names.map((name) => columns.numbers.get(name)?.[row] ?? NaN).map((value) => (Number.isNaN(value) ? null : value))];
  const heads = ["parcel_id", ...names].flatMap((name) => facts.inventory.find((column) => column.name === name) ?? []);
  return small(t("report:largest_d"), { columns: heads, rows: own.map(cells) });
}

/** What is due first. */
function due({ facts, columns, ground }: SheetData, rows: number[] | undefined): HTMLElement | null {
  const of = facts.tables["due_list"];
  if (!of) return null;
  const [town, id] = [columns.categories.get("town"), place(of, "parcel_id")];
  const here = rows && rows.length ? town?.index[rows[0]!] : undefined;
  const isHere = (row: Cell[]) => !rows || town?.index[ground.row(String(row[id])) ?? -1] === here;
  const part = chosen(of.columns, of.rows.filter(isHere).slice(0, ROWS), ["parcel_id", "what", "due_date", "state"]);
  return small(t("report:due"), part);
}
