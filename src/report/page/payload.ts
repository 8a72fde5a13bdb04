// The data of the page: what `src/report` packed, unpacked.

/** A text in both languages: Chinese, English. */
export type Pair = [string, string];
export type Cell = string | number | boolean | null;

export interface Column {
  name: string;
  kind: "text" | "list" | "industry" | "sentence" | "number" | "fraction" | "whole" | "day";
  label: Pair;
  unit: Pair;
  meaning: Pair;
  codes: Record<string, Pair>;
}

export interface Table {
  words: { title: Pair; meaning: Pair };
  file: string;
  columns: Column[];
  rows: Cell[][];
  /** Rows of the file; the page may have fewer. */
  total: number;
}

/** Parcels of one colour: those with a code, or with a number from one limit (inclusive) to the next, or without a value, or all others. */
export interface ThemeClass {
  title: Pair;
  colour: string;
  code?: string;
  from?: number;
  to?: number;
  missing?: true;
  rest?: true;
}

export interface Theme {
  id: string;
  title: Pair;
  column: string;
  classes: ThemeClass[];
}

interface InputFile {
  role: string;
  path: string;
  layer: string;
  bytes: number;
  sha256: string;
  features: number;
}

export interface Manifest {
  mujun_version: string;
  job: string;
  as_of: string;
  settings: { lang: "zh" | "en"; crs: string; area_method: string; legal_area: string[]; zone_kinds: string[] };
  inputs: InputFile[];
  rule_packs: { id: string; version: string; sha256: string; kinds: string[] }[];
  balances: { stage: string; quantity: string; unit: string; in: number; out: number; rejected: number; unassigned: number }[];
  findings: { error: number; warning: number; info: number; waived: number };
  outputs: { path: string; bytes: number; sha256: string }[];
}

interface Place {
  name: string;
  kind: "outlines" | "json" | "category" | "number";
  offset: number;
  length: number;
  width?: number;
  texts?: string[];
  decimals?: number;
}

export interface Facts {
  manifest: Manifest;
  words: Record<string, Pair>;
  files: Record<string, Pair>;
  /** Names of industries by section or division of GB/T 4754. */
  industries: Record<string, Pair>;
  /** Words of the manifest: stages and quantities of balances, roles of inputs. */
  stages: Record<string, Pair>;
  quantities: Record<string, Pair>;
  roles: Record<string, Pair>;
  /** What the program says, with names in braces. */
  sentences: Pair[];
  parcels: number;
  grid: { x: number; y: number; step: number };
  layout: Place[];
  inventory: Column[];
  details: { columns: string[]; rules: string[]; chunk: number; present: boolean };
  verdicts: Column;
  themes: Theme[];
  towns: { name: string; ring: number[] }[];
  tables: Record<string, Table>;
  finding_counts: [string, string, string, number, number][];
  citations: [string, string, string][];
}

/** A column of few different texts: `index[row]` is the place of the text plus one, 0 = missing. */
export interface Category {
  texts: string[];
  index: Uint32Array;
}

export interface Outlines {
  /** Where the rings of each parcel begin in `rings`. */
  first: Uint32Array;
  /** Where each ring begins in `cells`, in vertices. */
  rings: Uint32Array;
  /** Cells of the grid, x and y. */
  cells: Int32Array;
}

export interface Columns {
  ids: string[];
  outlines: Outlines;
  categories: Map<string, Category>;
  /** Numbers; missing ones are NaN. */
  numbers: Map<string, Float64Array>;
}

/** What rules said of a parcel: number of the rule, verdict, reasons, facts. */
export type DecisionRow = [number, string, string | null, Record<string, unknown> | null];
/** What was found about a parcel: severity, code, field, value, message, hint. */
export type FindingRow = [string, string, string | null, string | null, string, string | null];

export interface Detail {
  cells: Map<string, Cell>;
  decisions: DecisionRow[];
  findings: FindingRow[];
}

interface Chunk {
  columns: (Cell[] | null)[];
  decisions: DecisionRow[][];
  findings: FindingRow[][];
}

function block(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function unpacked(text: string): Promise<ArrayBuffer> {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

async function json<T>(text: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await unpacked(text))) as T;
}

export function readFacts(): Promise<Facts> {
  return json<Facts>(block("facts"));
}

export async function readColumns(facts: Facts): Promise<Columns> {
  const bytes = new Uint8Array(await unpacked(block("columns")));
  const columns: Columns = {
    ids: [],
    outlines: { first: new Uint32Array(1), rings: new Uint32Array(1), cells: new Int32Array() },
    categories: new Map(),
    numbers: new Map(),
  };
  for (const place of facts.layout) {
    const own = bytes.subarray(place.offset, place.offset + place.length);
    if (place.kind === "json") columns.ids = JSON.parse(new TextDecoder().decode(own)) as string[];
    if (place.kind === "outlines") columns.outlines = outlines(own, facts.parcels);
    if (place.kind === "category") {
      columns.categories.set(place.name, { texts: place.texts ?? [], index: joined(own, place.width ?? 1) });
    }
    if (place.kind === "number") columns.numbers.set(place.name, numbers(own, place.decimals ?? 0));
  }
  return columns;
}

/** Numbers from their planes of bytes, the lowest first. */
function joined(planes: Uint8Array, width: number): Uint32Array {
  const rows = planes.length / width;
  const values = new Uint32Array(rows);
  for (let plane = 0; plane < width; plane++) {
    for (let row = 0; row < rows; row++) values[row]! |= planes[plane * rows + row]! << (8 * plane);
  }
  return values;
}

const MISSING = -(2 ** 31);

function numbers(planes: Uint8Array, decimals: number): Float64Array {
  const whole = new Int32Array(joined(planes, 4).buffer);
  const unit = 10 ** Math.abs(decimals);
  const values = new Float64Array(whole.length);
  // Divided, not multiplied by 0.01: 12.34 is then the nearest number to it. A loop, as a function for each of millions takes its time.
  for (let row = 0; row < whole.length; row++) {
    const value = whole[row]!;
    values[row] = value === MISSING ? NaN : decimals < 0 ? value * unit : value / unit;
  }
  return values;
}

function outlines(bytes: Uint8Array, parcels: number): Outlines {
  let at = 0;
  const take = () => {
    let value = 0;
    let shift = 1;
    for (;;) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
      shift *= 0x80;
    }
  };
  const step = () => {
    const value = take();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  const first = new Uint32Array(parcels + 1);
  const rings: number[] = [0];
  // A vertex takes two bytes or more.
  const cells = new Int32Array(bytes.length);
  let vertices = 0;
  let [x, y] = [0, 0];
  for (let parcel = 0; parcel < parcels; parcel++) {
    for (let left = take(); left > 0; left--) {
      for (let corner = take(); corner > 0; corner--) {
        x += step();
        y += step();
        cells[2 * vertices] = x;
        cells[2 * vertices + 1] = y;
        vertices++;
      }
      rings.push(vertices);
    }
    first[parcel + 1] = rings.length - 1;
  }
  return { first, rings: Uint32Array.from(rings), cells: cells.slice(0, 2 * vertices) };
}

/** The details of parcels, unpacked a chunk at a time. */
export class Details {
  private readonly facts: Facts;
  private lines: string[] | undefined;
  private readonly chunks = new Map<number, Promise<Chunk>>();

  constructor(facts: Facts) {
    this.facts = facts;
  }

  async of(row: number): Promise<Detail | undefined> {
    const { columns, chunk: size, present } = this.facts.details;
    if (!present) return undefined;
    this.lines ??= block("details").split("\n");
    const number = Math.floor(row / size);
    let reading = this.chunks.get(number);
    if (!reading) {
      reading = json<Chunk>(this.lines[number] ?? "");
      this.chunks.set(number, reading);
    }
    const chunk = await reading;
    const within = row % size;
    const cells = new Map(columns.map((name, i) => [name, chunk.columns[i]?.[within] ?? null]));
    return { cells, decisions: chunk.decisions[within] ?? [], findings: chunk.findings[within] ?? [] };
  }
}
