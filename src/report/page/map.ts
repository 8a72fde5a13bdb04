// The map: OpenLayers over the outlines of the page, tile by tile.

import Feature from "ol/Feature.js";
import OlMap from "ol/Map.js";
import View from "ol/View.js";
import { Attribution, ScaleLine, Zoom } from "ol/control.js";
import { isEmpty, type Extent } from "ol/extent.js";
import Polygon from "ol/geom/Polygon.js";
import VectorLayer from "ol/layer/Vector.js";
import VectorTileLayer from "ol/layer/VectorTile.js";
import Projection from "ol/proj/Projection.js";
import RenderFeature from "ol/render/Feature.js";
import VectorSource from "ol/source/Vector.js";
import VectorTileSource from "ol/source/VectorTile.js";
import { Fill, Stroke, Style, Text } from "ol/style.js";
import type OlTile from "ol/VectorTile.js";
import type { Ground } from "./ground.ts";
import type { Classes } from "./themes.ts";

/** Parcels that are drawn at every scale; where there are more, only those of tracts and slivers are until the map is near enough. */
const ALWAYS = 200_000;
/** Parcels of a view that are drawn at once where not all are (about). */
const AT_ONCE = 40_000;
/** Width of a view that this is worked out for (pixels). */
const VIEW_PX = 1000;
/** Below this many metres a pixel, parcels have lines around them. */
const LINES_BELOW = 4;
const TILE_PX = 512;
const LEVELS = 16;
/** Metres a pixel beyond which the map does not go in. */
const NEAREST = 0.05;

/** How much around a parcel is shown, in sizes of the parcel. */
const CONTEXT = 3;

const SELECTED = [
  new Style({ stroke: new Stroke({ color: "#ffffff", width: 6 }) }),
  new Style({ stroke: new Stroke({ color: "#000000", width: 3 }) }),
];

export interface MapTexts {
  zoomIn: string;
  zoomOut: string;
  label: string;
}

export interface TownLook {
  name: string;
  /** The colour of the town while its parcels are too small to be drawn. */
  colour: string | undefined;
}

export class ParcelMap {
  private readonly map: OlMap;
  private readonly ground: Ground;
  private readonly parcels: VectorTileLayer;
  private readonly towns = new VectorSource<Feature<Polygon>>();
  private readonly chosen = new VectorSource<Feature<Polygon>>();
  private classes: Classes;
  private styles: [Style, Style][] = [];
  private readonly nearEnough: number;
  private readonly zoom: HTMLElement;

  constructor(target: HTMLElement, ground: Ground, classes: Classes, pick: (row: number) => void) {
    this.ground = ground;
    this.classes = classes;
    const { extent } = ground;
    const side = Math.max(extent[2]! - extent[0]!, extent[3]! - extent[1]!);
    this.nearEnough = ground.length <= ALWAYS ? Infinity : (side * Math.sqrt(AT_ONCE / ground.length)) / VIEW_PX;
    const projection = new Projection({ code: "run", units: "m", extent, getPointResolution: (resolution) => resolution });
    this.parcels = new VectorTileLayer({ source: this.source(projection, side), renderMode: "hybrid", style: (feature, resolution) => this.style(feature.getId() as number, resolution) });
    const towns = new VectorLayer({ source: this.towns, style: (feature, resolution) => this.townStyle(feature as Feature<Polygon>, resolution) });
    const names = new VectorLayer({ source: this.towns, declutter: true, style: (feature) => this.nameStyle(feature as Feature<Polygon>) });
    const chosen = new VectorLayer({ source: this.chosen, style: SELECTED });
    const zoom = new Zoom({ zoomInLabel: "+", zoomOutLabel: "−" });
    this.map = new OlMap({
      target,
      layers: [towns, this.parcels, names, chosen],
      controls: [zoom, new ScaleLine(), new Attribution({ collapsible: false })],
      view: new View({ projection, center: middle(extent), resolution: 1, minResolution: NEAREST, maxResolution: side / 100, extent: grown(extent, side), showFullExtent: true }),
    });
    this.zoom = target;
    this.map.on("click", (event) => this.pickAt(event.coordinate as [number, number], pick));
    target.addEventListener("keydown", (event) => {
      const centre = this.map.getView().getCenter();
      if (event.target === target && event.key === "Enter" && centre) this.pickAt(centre as [number, number], pick);
    });
    this.show(classes);
    this.fit();
  }

  /** A source that makes tiles from the outlines. */
  private source(projection: Projection, side: number): VectorTileSource {
    const source = new VectorTileSource({
      projection,
      overlaps: true,
      wrapX: false,
      transition: 0,
      tileSize: TILE_PX,
      maxZoom: LEVELS,
      maxResolution: side / TILE_PX,
      tileUrlFunction: (tile) => tile.join("/"),
      tileLoadFunction: (tile) => this.load(tile as OlTile<RenderFeature>),
    });
    return source;
  }

  private load(tile: OlTile<RenderFeature>): void {
    tile.setLoader((extent: Extent, resolution: number) => {
      const all = resolution <= this.nearEnough;
      const rows = this.ground.within(extent).filter((row) => all || this.ground.matters(row));
      // Parcels of a colour one after the other are filled in one go.
      rows.sort((a, b) => this.classes.of[a]! - this.classes.of[b]! || a - b);
      tile.setFeatures(rows.map((row) => {
        const { flat, ends } = this.ground.polygon(row);
        return new RenderFeature("Polygon", flat, ends, 2, {}, row);
      }));
    });
  }

  private style(row: number, resolution: number): Style | undefined {
    return this.styles[this.classes.of[row]!]?.[resolution < LINES_BELOW ? 1 : 0];
  }

  private townStyle(town: Feature<Polygon>, resolution: number): Style {
    const filled = resolution > this.nearEnough;
    const colour = filled ? ((town.get("colour") as string | undefined) ?? "#e9ecef") : "#f4f5f6";
    return new Style({ fill: new Fill({ color: colour }), stroke: new Stroke({ color: "#868e96", width: filled ? 2 : 1 }) });
  }

  private nameStyle(town: Feature<Polygon>): Style {
    const halo = new Stroke({ color: "#ffffff", width: 4 });
    const text = new Text({ text: town.get("name") as string, font: "600 14px sans-serif", fill: new Fill({ color: "#212529" }), stroke: halo, overflow: true });
    return new Style({ text });
  }

  private pickAt(place: [number, number], pick: (row: number) => void): void {
    const row = this.ground.at(place);
    if (row !== undefined) pick(row);
  }

  /** Draws another theme. */
  show(classes: Classes): void {
    this.classes = classes;
    this.styles = classes.colours.map((colour) => {
      const fill = new Fill({ color: colour });
      return [new Style({ fill }), new Style({ fill, stroke: new Stroke({ color: "#5c636a", width: 0.6 }) })];
    });
    this.parcels.changed();
  }

  /** Names the towns, and colours them for small scales. */
  showTowns(looks: TownLook[]): void {
    const of = new Map(looks.map((look) => [look.name, look]));
    const features = this.ground.towns.map(({ name, ring }) => {
      const feature = new Feature(new Polygon([ring]));
      feature.setProperties({ name, colour: of.get(name)?.colour });
      return feature;
    });
    this.towns.clear();
    this.towns.addFeatures(features);
  }

  /** Outlines a parcel and, where wanted, goes there. */
  select(row: number | undefined, go: boolean): void {
    this.chosen.clear();
    if (row === undefined) return;
    const { flat, ends } = this.ground.polygon(row);
    const polygon = new Polygon(flat, "XY", ends);
    this.chosen.addFeature(new Feature(polygon));
    if (go) this.fit(polygon.getExtent(), CONTEXT);
  }

  /** Shows an extent and so many times its size around it; without one, everything. */
  fit(extent?: Extent, around = 0): void {
    const wanted = extent && !isEmpty(extent) ? extent : this.ground.extent;
    const size = Math.max(wanted[2]! - wanted[0]!, wanted[3]! - wanted[1]!);
    this.map.updateSize();
    this.map.getView().fit(grown(wanted, around * size), { padding: [12, 12, 12, 12], duration: 0 });
  }

  /** Puts the words of the language on the controls. */
  name(texts: MapTexts): void {
    this.zoom.setAttribute("aria-label", texts.label);
    const label = (selector: string, text: string) => {
      const button = this.zoom.querySelector(selector);
      button?.setAttribute("title", text);
      button?.setAttribute("aria-label", text);
    };
    label(".ol-zoom-in", texts.zoomIn);
    label(".ol-zoom-out", texts.zoomOut);
  }

  /** Where the middle is and how many metres a pixel has. */
  view(): { centre: number[]; resolution: number } {
    const view = this.map.getView();
    return { centre: view.getCenter() ?? [], resolution: view.getResolution() ?? 0 };
  }

  /** Calls back when everything in view has been drawn. */
  whenDrawn(then: () => void): void {
    this.map.once("rendercomplete", then);
  }
}

function middle(extent: Extent): [number, number] {
  return [(extent[0]! + extent[2]!) / 2, (extent[1]! + extent[3]!) / 2];
}

function grown(extent: Extent, by: number): Extent {
  return [extent[0]! - by, extent[1]! - by, extent[2]! + by, extent[3]! + by];
}
