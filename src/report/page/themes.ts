// Themes of the map: which class each parcel is in, and the colour of each class.

import type { Category, Columns, Theme } from "./payload.ts";
import { word } from "./words.ts";

export interface Classes {
  labels: string[];
  colours: string[];
  /** The class of each parcel. */
  of: Uint8Array;
  /** How many parcels each class has. */
  counts: number[];
}

/** The class of a number: from one limit, inclusive, up to the next. */
function classOf(theme: Theme, value: number): number {
  const { classes } = theme;
  if (Number.isNaN(value)) return without(theme);
  const own = classes.findIndex(({ from, to }) => (from !== undefined || to !== undefined) && (from === undefined || value >= from) && (to === undefined || value < to));
  return own < 0 ? without(theme) : own;
}

/** The class of parcels without a value. */
function without({ classes }: Theme): number {
  const missing = classes.findIndex((one) => one.missing);
  return missing < 0 ? rest(classes) : missing;
}

/** The class of what no other takes. */
function rest(classes: Theme["classes"]): number {
  const own = classes.findIndex((one) => one.rest);
  return own < 0 ? classes.length - 1 : own;
}

/** The colour of a number; none where classes are not of numbers. */
export function colourOf(theme: Theme, value: number): string | undefined {
  return theme.classes.some(({ from }) => from !== undefined) ? theme.classes[classOf(theme, value)]?.colour : undefined;
}

/** For every text of a category the colours of its parcels, mixed by their land: what a town looks like from afar. */
export function mixed(classes: Classes, groups: Category, area: Float64Array): string[] {
  const sums = groups.texts.map(() => [0, 0, 0, 0]);
  const parts = classes.colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  for (let row = 0; row < classes.of.length; row++) {
    const sum = sums[groups.index[row]! - 1];
    if (!sum || !(area[row]! > 0)) continue;
    const part = parts[classes.of[row]!]!;
    sum[3]! += area[row]!;
    for (let at = 0; at < 3; at++) sum[at]! += part[at]! * area[row]!;
  }
  const hex = (value: number) => Math.round(value).toString(16).padStart(2, "0");
  return sums.map((sum) => (sum[3] ? `#${sum.slice(0, 3).map((value) => hex(value / sum[3]!)).join("")}` : "#e9ecef"));
}

export function classify(theme: Theme, columns: Columns): Classes {
  const category = columns.categories.get(theme.column);
  const of = category ? byCode(theme, category) : byNumber(theme, columns.numbers.get(theme.column) ?? new Float64Array());
  const counts = new Array<number>(theme.classes.length).fill(0);
  for (const own of of) counts[own]!++;
  return { labels: theme.classes.map(({ title }) => word(title)), colours: theme.classes.map(({ colour }) => colour), of, counts };
}

function byCode(theme: Theme, category: Category): Uint8Array {
  const place = (text: string) => theme.classes.findIndex(({ code }) => code === text);
  const ofText = [without(theme), ...category.texts.map((text) => (place(text) < 0 ? rest(theme.classes) : place(text)))];
  const of = new Uint8Array(category.index.length);
  for (let row = 0; row < of.length; row++) of[row] = ofText[category.index[row]!]!;
  return of;
}

function byNumber(theme: Theme, values: Float64Array): Uint8Array {
  const of = new Uint8Array(values.length);
  for (let row = 0; row < of.length; row++) of[row] = classOf(theme, values[row]!);
  return of;
}
