// Themes of the map: which class each parcel is in, and the colour of each class.

import type { Category, Columns, Facts, Theme } from "./payload.ts";
import { number, percent, t, word } from "./words.ts";

export interface Classes {
  /** One more than the colours can have no parcel: every class is named and coloured. */
  labels: string[];
  colours: string[];
  /** The class of each parcel. */
  of: Uint8Array;
  /** How many parcels each class has. */
  counts: number[];
}

/** The class of a number: from one limit, inclusive, up to the next. */
export function classOf(limits: number[], value: number): number {
  let number = 0;
  while (number < limits.length && value >= limits[number]!) number++;
  return number;
}

export function classify(theme: Theme, facts: Facts, columns: Columns): Classes {
  const category = columns.categories.get(theme.column);
  const classes = category ? byCode(theme, facts, category) : byNumber(theme, columns.numbers.get(theme.column) ?? new Float64Array());
  const counts = new Array<number>(classes.labels.length).fill(0);
  for (const own of classes.of) counts[own]!++;
  return { ...classes, counts };
}

function byCode(theme: Theme, facts: Facts, category: Category): Omit<Classes, "counts"> {
  const words = facts.inventory.find((column) => column.name === theme.column)?.codes ?? {};
  const codes = Object.entries(theme.codes ?? {});
  const labels = codes.map(([code]) => (words[code] ? word(words[code]) : code));
  const colours = codes.map(([, colour]) => colour);
  const other = labels.length;
  if (theme.other) {
    labels.push(t("report:other"));
    colours.push(theme.other);
  }
  const missing = labels.length;
  labels.push(word(theme.null.title));
  colours.push(theme.null.colour);
  const places = category.texts.map((text) => codes.findIndex(([code]) => code === text));
  const ofText = [missing, ...places.map((place) => (place < 0 ? (theme.other ? other : missing) : place))];
  return { labels, colours, of: Uint8Array.from(category.index, (text) => ofText[text] ?? missing) };
}

function byNumber(theme: Theme, values: Float64Array): Omit<Classes, "counts"> {
  const limits = theme.limits ?? [];
  const show = (limit: number) => (theme.show === "percent" ? percent(limit) : number(limit, Number.isInteger(limit) ? 0 : 1));
  const between = (from: number, to: number) =>
    theme.show === "count" && to === from + 1 ? show(from) : `${show(from)} ${t("report:up_to")} ${show(to)}`;
  const labels = limits.map((limit, i) => (i === 0 ? `< ${show(limit)}` : between(limits[i - 1]!, limit)));
  labels.push(`≥ ${show(limits.at(-1) ?? 0)}`, word(theme.null.title));
  const missing = labels.length - 1;
  const of = Uint8Array.from(values, (value) => (Number.isNaN(value) ? missing : classOf(limits, value)));
  return { labels, colours: [...(theme.colours ?? []), theme.null.colour], of };
}
