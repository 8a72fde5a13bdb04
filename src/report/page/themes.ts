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
  return Uint8Array.from(category.index, (text) => ofText[text]!);
}

function byNumber(theme: Theme, values: Float64Array): Uint8Array {
  return Uint8Array.from(values, (value) => classOf(theme, value));
}
