// Sentences of a run told back in the other language. The program has each of its sentences in both, with names in braces for what is filled in; the one that a
// text fits says how it reads in the other, and what was filled in is told back likewise.

import type { Pair } from "./payload.ts";

/** The place of a language in a pair. */
type Side = 0 | 1;

interface Sentence {
  /** Its texts, one more than names. */
  pieces: string[];
  names: string[];
  /** Letters of its texts, a Chinese one counted twice: of two sentences that fit, the one with more says more. */
  letters: number;
  other: string;
}

/** Sentences within sentences. */
const DEEPEST = 3;
/** Letters that a sentence with names must have: with fewer it would fit anything. */
const FEWEST = 4;
/** A condition of a rule, which reads the same in both languages. */
const CONDITION = /[=<>]|\b(AND|OR|NOT|IN|LIKE|IS)\b/;

let from: Side = 0;
let sentences: Sentence[] = [];
const known = new Map<string, string>();

/** The sentences of the program, and the language that the run speaks. */
export function setSentences(pairs: Pair[], side: Side): void {
  from = side;
  sentences = pairs.map((pair) => sentence(pair[side], pair[1 - side]!)).sort((a, b) => b.letters - a.letters);
  known.clear();
}

function sentence(text: string, other: string): Sentence {
  const parts = text.split(/\{(\w+)\}/);
  const pieces = parts.filter((_, at) => at % 2 === 0).map(braces);
  return { pieces, names: parts.filter((_, at) => at % 2 === 1), letters: letters(pieces.join("")), other };
}

function letters(text: string): number {
  return [...text.matchAll(/\p{L}/gu)].reduce((sum, [letter]) => sum + (letter < "\u2e80" ? 1 : 2), 0);
}

/** Doubled braces stand for themselves. */
function braces(text: string): string {
  return text.replace(/\{\{|\}\}/g, (two) => two[0]!);
}

/** What a run says, in a language; what no sentence fits stays as it is. */
export function retold(text: string, side: Side, depth = 0): string {
  if (side === from || depth > DEEPEST || !/\p{L}/u.test(text) || (depth > 0 && CONDITION.test(text))) return text;
  let told = known.get(text);
  if (told === undefined) {
    told = whole(text, side, depth) ?? inParts(text, side, depth);
    known.set(text, told);
  }
  return told;
}

function whole(text: string, side: Side, depth: number): string | undefined {
  for (const { pieces, names, letters, other } of sentences) {
    const values = names.length && letters < FEWEST ? undefined : fit(text, pieces);
    if (!values) continue;
    return other.replace(/\{\{|\}\}|\{(\w+)\}/g, (two, name?: string) => {
      const value = name === undefined ? undefined : values[names.indexOf(name)];
      return value === undefined ? two[0]! : retold(value, side, depth + 1);
    });
  }
  return undefined;
}

/** What stands between the pieces of a sentence; nothing where the text is another one. */
function fit(text: string, pieces: string[]): string[] | undefined {
  const last = pieces.length - 1;
  if (!last) return text === pieces[0] ? [] : undefined;
  if (!text.startsWith(pieces[0]!) || !text.endsWith(pieces[last]!)) return undefined;
  const [values, end] = [[] as string[], text.length - pieces[last]!.length];
  let at = pieces[0]!.length;
  for (const piece of pieces.slice(1, last)) {
    const next = text.indexOf(piece, at);
    if (next < 0 || next + piece.length > end) return undefined;
    values.push(text.slice(at, next));
    at = next + piece.length;
  }
  return at <= end ? [...values, text.slice(at, end)] : undefined;
}

/** Several sentences in a row. */
function inParts(text: string, side: Side, depth: number): string {
  const parts = text.split(/; |；/);
  if (parts.length < 2) return text;
  return parts.map((part) => retold(part, side, depth + 1)).join(side === 0 ? "；" : "; ");
}
