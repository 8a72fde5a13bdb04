// Where the parcels are: their polygons in metres from the corner of the map, and which lie where.

import Flatbush from "flatbush";
import { linearRingsContainsXY } from "ol/geom/flat/contains.js";
import type { Columns, Facts } from "./payload.ts";

export interface Flat {
  flat: number[];
  ends: number[];
}

export class Ground {
  readonly extent: [number, number, number, number];
  readonly towns: { name: string; ring: [number, number][] }[];
  readonly length: number;
  private readonly step: number;
  private readonly columns: Columns;
  private readonly index: Flatbush | undefined;
  private rows: Map<string, number> | undefined;
  private inOrder: boolean | undefined;
  /** The lists that matter at every scale. */
  private readonly important: Uint32Array[];

  constructor(facts: Facts, columns: Columns) {
    this.columns = columns;
    this.step = facts.grid.step;
    this.length = facts.parcels;
    this.important = ["tract_id", "sliver_status"].flatMap((name) => columns.categories.get(name)?.index ?? []);
    this.towns = (facts.towns ?? []).map(({ name, ring }) => ({ name, ring: this.pairs(ring) }));
    this.index = this.length ? this.indexed() : undefined;
    const tree = this.index;
    this.extent = tree ? [tree.minX, tree.minY, tree.maxX, tree.maxY] : [0, 0, 1, 1];
  }

  private pairs(ring: number[]): [number, number][] {
    const pairs: [number, number][] = [];
    for (let i = 0; i + 1 < ring.length; i += 2) pairs.push([ring[i]! * this.step, ring[i + 1]! * this.step]);
    return pairs;
  }

  private indexed(): Flatbush {
    const { first, rings, cells } = this.columns.outlines;
    const index = new Flatbush(this.length);
    for (let row = 0; row < this.length; row++) {
      let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 2 * rings[first[row]!]!; i < 2 * rings[first[row + 1]!]!; i += 2) {
        const [x, y] = [cells[i]!, cells[i + 1]!];
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < bottom) bottom = y;
        if (y > top) top = y;
      }
      index.add(left * this.step, bottom * this.step, right * this.step, top * this.step);
    }
    index.finish();
    return index;
  }

  /** The parcels whose boxes meet an extent. */
  within(extent: number[]): number[] {
    return this.index?.search(extent[0]!, extent[1]!, extent[2]!, extent[3]!) ?? [];
  }

  /** Whether a parcel is drawn at every scale. */
  matters(row: number): boolean {
    return this.important.some((index) => index[row]);
  }

  /** A parcel as the map takes it, its rings closed. */
  polygon(row: number): Flat {
    const { first, rings, cells } = this.columns.outlines;
    const flat: number[] = [];
    const ends: number[] = [];
    for (let ring = first[row]!; ring < first[row + 1]!; ring++) {
      const [from, to] = [rings[ring]!, rings[ring + 1]!];
      for (let i = 2 * from; i < 2 * to; i++) flat.push(cells[i]! * this.step);
      flat.push(cells[2 * from]! * this.step, cells[2 * from + 1]! * this.step);
      ends.push(flat.length);
    }
    return { flat, ends };
  }

  /** The parcel at a place; of several the smallest box, which is the hardest to hit. */
  at([x, y]: [number, number]): number | undefined {
    const hits = this.within([x, y, x, y]).filter((row) => {
      const { flat, ends } = this.polygon(row);
      return linearRingsContainsXY(flat, 0, ends, 2, x, y);
    });
    const size = (row: number) => {
      const { flat } = this.polygon(row);
      return flat.length;
    };
    return hits.sort((a, b) => size(a) - size(b) || a - b)[0];
  }

  row(id: string): number | undefined {
    const { ids } = this.columns;
    // The codes of a run are in order, so no table of a million is needed, which takes its time to make.
    this.inOrder ??= ids.every((own, at) => at === 0 || ids[at - 1]! < own);
    if (!this.inOrder) {
      this.rows ??= new Map(ids.map((own, row) => [own, row]));
      return this.rows.get(id);
    }
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return ids[low] === id ? low : undefined;
  }

  id(row: number): string {
    return this.columns.ids[row] ?? "";
  }

  /** The box around some parcels. */
  around(rows: number[]): [number, number, number, number] {
    const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const row of rows) {
      const { flat } = this.polygon(row);
      for (let i = 0; i < flat.length; i += 2) {
        box[0] = Math.min(box[0], flat[i]!);
        box[1] = Math.min(box[1], flat[i + 1]!);
        box[2] = Math.max(box[2], flat[i]!);
        box[3] = Math.max(box[3], flat[i + 1]!);
      }
    }
    return box;
  }

  /** The parcels of a town. */
  ofTown(town: string): number[] {
    const category = this.columns.categories.get("town");
    const place = (category?.texts.indexOf(town) ?? -1) + 1;
    const rows: number[] = [];
    if (place) category?.index.forEach((own, row) => own === place && rows.push(row));
    return rows;
  }
}
