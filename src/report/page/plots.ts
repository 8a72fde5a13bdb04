// How figures are distributed: Observable Plot over the columns.

import { barX, binX, dot, plot, rectY, ruleX, ruleY, tickX, type RectYOptions } from "@observablehq/plot";
import { h } from "./dom.ts";
import type { Columns } from "./payload.ts";
import { industry, number, percent, t } from "./words.ts";

/** Industries that are shown, those with the most parcels. */
const INDUSTRIES = 15;
/** Parcels that a spread is drawn of; of fewer it says nothing. */
const FEWEST = 5;
/** The share of values beyond which a plot does not reach: a few huge ones would squeeze all others. */
const SHOWN = 0.99;
const BINS = 40;
const HEIGHT = 240;
/** Room for the numbers and the name of an axis below a plot (pixels). */
const AXIS = 44;
/** Room for the half of the last number that stands beyond its axis (pixels). */
const BESIDE = 28;
const BAR = "#4263a6";
const MIDDLE = "#a61e4d";

/** The value below which a share of sorted values lies. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (!sorted.length) return NaN;
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low]! + (place - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

function known(values: Float64Array | undefined, rows: number[] | undefined): Float64Array {
  const all = values ?? new Float64Array();
  const own = rows ? Float64Array.from(rows, (row) => all[row] ?? NaN) : all;
  return own.filter((value) => !Number.isNaN(value)).sort();
}

function figure(title: string, note: string, drawn: Element): HTMLElement {
  if (drawn instanceof SVGElement) {
    drawn.setAttribute("role", "img");
    // Marks are no parts of their own to a screen reader, so they may not be named.
    drawn.querySelectorAll("[aria-label]").forEach((mark) => mark.removeAttribute("aria-label"));
  }
  return h("figure", { class: "plot" }, h("figcaption", {}, title, h("small", {}, note)), drawn);
}

/** How many parcels have which value. */
export function histogram(title: string, label: string, values: Float64Array, show: (value: number) => string, width: number): HTMLElement {
  if (!values.length) return figure(title, "", h("p", { class: "note" }, t("report:no_values")));
  const [median, last] = [quantile(values, 0.5), quantile(values, SHOWN)];
  const shown = values.filter((value) => value <= last);
  const beyond = values.length - shown.length;
  const note = t("report:plot_note", { n: values.length, median: show(median) }) + (beyond ? t("report:plot_beyond", { beyond, last: show(last) }) : "");
  // One value alone has no width.
  const range: { domain?: [number, number] } = last > shown[0]! ? {} : { domain: [0, Math.max(1, 2 * last)] };
  const drawn = plot({
    width,
    height: HEIGHT,
    marginBottom: AXIS,
    marginRight: BESIDE,
    style: { fontSize: "12px" },
    ariaLabel: title,
    ariaDescription: note,
    x: { label, tickFormat: (value: number) => show(value), ...range },
    y: { label: t("report:parcels"), grid: true, tickFormat: (value: number) => number(value, 0) },
    marks: [rectY(shown, binX<RectYOptions>({ y: "count" }, { x: { value: (value: number) => value, thresholds: BINS, ...range }, fill: BAR })), ruleX([median], { stroke: MIDDLE, strokeWidth: 2 }), ruleY([0])],
  });
  return figure(title, note, drawn);
}

/** Half the height of a letter of a label (pixels): a Latin letter takes one, a Chinese one two. */
const HALF_EM = 6.5;
/** Widths of a plot below which industries have their codes alone (pixels). */
const NARROW = 360;
/** Room for an industry beside a plot: at most so many half ems, and so much of the plot. */
const NAMES = 36;
const BESIDE_SHARE = 0.4;

/** As much of a text as fits so many half ems. */
function fitted(text: string, most: number): string {
  const room = (part: string) => [...part].reduce((sum, letter) => sum + (letter < "\u2e80" ? 1 : 2), 0);
  if (room(text) <= most) return text;
  const letters = [...text];
  while (letters.length && room(letters.join("")) > most - 2) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

interface Spread {
  name: string;
  parcels: number;
  least: number;
  low: number;
  median: number;
  high: number;
  most: number;
}

/** The spread of a figure in each industry: the middle half as a bar, the middle as a line, 10 % to 90 % as dots. */
export function byIndustry(title: string, columns: Columns, rows: number[] | undefined, width: number): HTMLElement {
  const spreads = spreadsOf(columns, rows);
  if (!spreads.length) return figure(title, "", h("p", { class: "note" }, t("report:no_values")));
  const show = (value: number) => number(value, 0);
  const most = width < NARROW ? 0 : Math.min(NAMES, Math.floor((BESIDE_SHARE * width) / HALF_EM));
  const drawn = plot({
    width,
    height: 80 + 24 * spreads.length,
    marginLeft: most ? HALF_EM * most : 64,
    marginBottom: AXIS,
    style: { fontSize: "12px" },
    ariaLabel: title,
    ariaDescription: t("report:spread_note"),
    x: { label: t("report:tax_axis"), grid: true, tickFormat: show },
    y: { label: null, domain: spreads.map((spread) => spread.name), tickFormat: (code: string) => (most ? fitted(industry(code), most) : code) },
    marks: [
      barX(spreads, { y: "name", x1: "low", x2: "high", fill: "#b4c3e3" }),
      tickX(spreads, { y: "name", x: "median", stroke: MIDDLE, strokeWidth: 3 }),
      dot(spreads, { y: "name", x: "least", r: 2, fill: BAR }),
      dot(spreads, { y: "name", x: "most", r: 2, fill: BAR }),
    ],
  });
  return figure(title, t("report:spread_note"), drawn);
}

function spreadsOf(columns: Columns, rows: number[] | undefined): Spread[] {
  const industry = columns.categories.get("industry");
  const tax = columns.numbers.get("tax_per_mu_wan");
  if (!industry || !tax) return [];
  const groups = new Map<number, number[]>();
  const add = (row: number) => {
    const [own, value] = [industry.index[row]!, tax[row]!];
    if (!own || Number.isNaN(value)) return;
    const group = groups.get(own);
    if (group) group.push(value);
    else groups.set(own, [value]);
  };
  if (rows) rows.forEach(add);
  else for (let row = 0; row < tax.length; row++) add(row);
  const large = [...groups].filter(([, values]) => values.length >= FEWEST).sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  const spreads = large.slice(0, INDUSTRIES).map(([own, values]) => {
    const sorted = Float64Array.from(values).sort();
    const [least, low, median, high, most] = [0.1, 0.25, 0.5, 0.75, 0.9].map((share) => quantile(sorted, share)) as [number, number, number, number, number];
    return { name: industry.texts[own - 1]!, parcels: values.length, least, low, median, high, most };
  });
  return spreads.sort((a, b) => b.median - a.median);
}

/** The three plots of the page. */
export function plots(columns: Columns, rows: number[] | undefined, width: number): HTMLElement[] {
  const of = (name: string) => known(columns.numbers.get(name), rows);
  return [
    histogram(t("report:plot_far"), t("report:far_axis"), of("far"), (value) => number(value, 2), width),
    histogram(t("report:plot_density"), t("report:density_axis"), of("building_density"), percent, width),
    byIndustry(t("report:plot_tax"), columns, rows, width),
  ];
}
