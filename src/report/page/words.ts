// Words and numbers in the language that is chosen.

import type { Cell, Column, Facts, Pair } from "./payload.ts";
import { retold, setSentences } from "./retold.ts";

export type Lang = "zh" | "en";

let texts: Record<string, Pair> = {};
let industries: Record<string, Pair> = {};
let lang: Lang = "en";

export function setWords(facts: Facts): void {
  texts = facts.words;
  industries = facts.industries;
  setSentences(facts.sentences, facts.manifest.settings.lang === "zh" ? 0 : 1);
}

export function setLang(chosen: Lang): void {
  lang = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
}

export function currentLang(): Lang {
  return lang;
}

/** The word of a pair. */
export function word(pair: Pair | undefined): string {
  return pair ? pair[lang === "zh" ? 0 : 1] : "";
}

/** A text of `data/lang/report.toml`; `{name}` in it is replaced. */
export function t(key: `report:${string}`, values: Record<string, string | number> = {}): string {
  const text = word(texts[key.slice("report:".length)]) || key;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? number(value, 0) : String(value ?? "");
  });
}

const formats = new Map<string, Intl.NumberFormat>();

/** A number with so many decimals, thousands apart. */
export function number(value: number, decimals: number): string {
  const key = `${lang}${decimals}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(key, format);
  }
  return format.format(value);
}

export function percent(share: number): string {
  return `${number(100 * share, 1)} %`;
}

const M2_PER_HA = 10_000;
export const WAN_PER_YI = 10_000;
const WAN_PER_MILLION = 100;

/** Money in 10,000 CNY, in the unit that people say it in: 亿元, million CNY. */
export function money(wan: number): string {
  if (lang === "en") return `${number(wan / WAN_PER_MILLION, 1)} ${t("report:million_cny")}`;
  return wan >= WAN_PER_YI ? `${number(wan / WAN_PER_YI, 2)} 亿元` : `${number(wan, 0)} 万元`;
}

export function hectares(m2: number): string {
  return `${number(m2 / M2_PER_HA, 2)} ${t("report:ha")}`;
}

/** How many decimals a number of a column is shown with. */
function decimals(column: Column): number {
  if (column.kind === "whole") return 0;
  const unit = column.unit[1];
  if (unit === "m²" || unit === "persons" || unit === "days") return 0;
  if (unit === "10,000 CNY" || unit === "mu") return 1;
  return 2;
}

/** Whether a column stands to the right, as numbers do. */
export function isNumber(column: Column): boolean {
  return column.kind === "number" || column.kind === "fraction" || column.kind === "whole";
}

/** What the run says, in the language that is chosen. */
export function said(text: string): string {
  return retold(text, lang === "zh" ? 0 : 1);
}

/** A code of GB/T 4754 with the name of its division, else of its section. */
export function industry(code: string): string {
  const name = word(industries[/^[A-Za-z]?(\d\d)/.exec(code)?.[1] ?? code.toUpperCase()]);
  return name ? `${code} ${name}` : code;
}

/** A cell for reading: codes by their words, numbers with the decimals of their unit; what is missing is a dash. */
export function shown(column: Column, value: Cell | undefined): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") {
    if (column.kind === "fraction") return percent(value);
    return number(value, decimals(column));
  }
  const text = String(value);
  if (column.kind === "industry") return industry(text);
  if (column.kind === "sentence") return said(text);
  if (column.kind !== "list") return column.codes[text] ? word(column.codes[text]) : text;
  const words = text.split(/\s+/).map((code) => (column.codes[code] ? word(column.codes[code]) : code));
  return words.join(lang === "zh" ? "、" : ", ");
}

/** The heading of a column with its unit. */
export function heading(column: Column): string {
  const unit = word(column.unit);
  if (!unit) return word(column.label);
  return lang === "zh" ? `${word(column.label)}（${unit}）` : `${word(column.label)} (${unit})`;
}
