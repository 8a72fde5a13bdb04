// Tables that sort: headings are buttons, long ones are shown piece by piece.

import { h, replace } from "./dom.ts";
import type { Cell, Column } from "./payload.ts";
import { currentLang, heading, isNumber, shown, t, word } from "./words.ts";

/** Rows that are shown at first, and added with each press of the button. */
const PIECE = 25;
/** Columns from which on a table is not squeezed into a narrow screen but scrolls. */
const WIDE = 7;

export interface TableOptions {
  caption: string;
  columns: Column[];
  rows: Cell[][];
  /** The place of the column that rows are sorted by at first, and whether downwards. */
  sorted?: { column: number; down: boolean };
  /** Columns whose cells lead somewhere. */
  links?: Record<string, (value: string) => void>;
  /** Whether a cell of such a column leads somewhere; all do where nothing is said. */
  leads?: (value: string) => boolean;
  /** Rows that the file has, where the table has fewer. */
  total?: number;
  file?: string;
}

export function table(options: TableOptions): HTMLElement {
  const { columns, rows } = options;
  let sorted = options.sorted;
  let most = PIECE;
  const body = h("tbody");
  const more = h("button", { type: "button", class: "more", click: () => ((most += 4 * PIECE), fill()) });
  const heads = columns.map((column, at) => head(column, () => sort(at)));
  const fill = () => {
    replace(body, ...order(columns, rows, sorted).slice(0, most).map((row) => line(options, row)));
    more.hidden = rows.length <= most;
    more.textContent = t("report:more_rows", { n: rows.length - most });
    heads.forEach((th, at) => th.setAttribute("aria-sort", sorted?.column === at ? (sorted.down ? "descending" : "ascending") : "none"));
  };
  const sort = (at: number) => {
    const first = isNumber(columns[at]!);
    sorted = sorted?.column === at ? { column: at, down: !sorted.down } : { column: at, down: first };
    fill();
  };
  fill();
  const rest = options.total !== undefined && options.total > rows.length ? t("report:rest_in_file", { n: options.total - rows.length, file: options.file ?? "" }) : "";
  return h(
    "div",
    { class: "table" },
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": options.caption }, h("table", { class: columns.length >= WIDE ? "wide" : null }, h("caption", {}, options.caption), h("thead", {}, h("tr", {}, ...heads)), body)),
    more,
    rest ? h("p", { class: "note" }, rest) : null,
  );
}

function head(column: Column, sort: () => void): HTMLElement {
  const button = h("button", { type: "button", title: word(column.meaning) || null, click: sort }, heading(column));
  return h("th", { scope: "col", class: isNumber(column) ? "number" : null }, button);
}

function line(options: TableOptions, row: Cell[]): HTMLElement {
  return h("tr", {}, ...options.columns.map((column, at) => {
    const value = row[at];
    const text = shown(column, value);
    const follow = options.links?.[column.name];
    const leads = follow && value !== null && value !== undefined && (options.leads?.(String(value)) ?? true);
    const content = leads ? h("button", { type: "button", class: "link", click: () => follow(String(value)) }, text) : text;
    return h("td", { class: isNumber(column) ? "number" : null }, content);
  }));
}

/** The rows in order; what is missing comes last either way. */
function order(columns: Column[], rows: Cell[][], sorted: TableOptions["sorted"]): Cell[][] {
  if (!sorted || !columns[sorted.column]) return rows;
  const { column, down } = sorted;
  const collator = new Intl.Collator(currentLang() === "zh" ? "zh-CN" : "en", { numeric: true });
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column] ?? null, b[column] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const compared = typeof x === "number" && typeof y === "number" ? x - y : collator.compare(String(x), String(y));
    return down ? -compared : compared;
  });
}

/** Some columns of a table, in an order of their own. */
export function chosen(columns: Column[], rows: Cell[][], names: string[]): { columns: Column[]; rows: Cell[][] } {
  const places = names.map((name) => columns.findIndex((column) => column.name === name)).filter((place) => place >= 0);
  return { columns: places.map((place) => columns[place]!), rows: rows.map((row) => places.map((place) => row[place] ?? null)) };
}
