// The page: reads its data, builds its parts, and keeps them in step with what the reader chooses.

import { h, replace } from "./dom.ts";
import { Ground } from "./ground.ts";
import { ParcelMap } from "./map.ts";
import { grades, headline, legend } from "./overview.ts";
import { explanation } from "./panel.ts";
import { Details, readColumns, readFacts, type Cell, type Columns, type Facts } from "./payload.ts";
import { plots } from "./plots.ts";
import { search } from "./search.ts";
import { groups, list, place, provenance, quality, slivers, type Links } from "./sections.ts";
import { sheet } from "./sheet.ts";
import { asked, change, onChange, state, type State } from "./state.ts";
import { classify, colourOf, mixed } from "./themes.ts";
import { currentLang, setLang, setWords, t, word, type Lang } from "./words.ts";

/** What stands for all towns where a sheet is asked for. */
const ALL = "*";
/** Towns whose sheets are printed in one go: the maps of more do not fit into the memory of a browser. */
const MOST_SHEETS = 300;
/** Towns whose maps are drawn with twice the dots of the screen. */
const FEW_SHEETS = 50;

class Page {
  private readonly facts: Facts;
  private readonly columns: Columns;
  private readonly ground: Ground;
  private readonly details: Details;
  private readonly mapTarget = h("div", { id: "map", tabindex: 0, role: "application" });
  private readonly panel = h("div", { id: "panel" });
  private readonly legend = h("div", { id: "legend" });
  private readonly figures = h("section", { id: "figures" });
  private readonly plots = h("section", { id: "plots" });
  private readonly root: HTMLElement;
  private map: ParcelMap | undefined;
  private stays = false;

  constructor(root: HTMLElement, facts: Facts, columns: Columns) {
    this.root = root;
    this.facts = facts;
    this.columns = columns;
    this.ground = new Ground(facts, columns);
    this.details = new Details(facts);
  }

  start(): void {
    const ready = (what: "map" | "all") => (document.documentElement.dataset["ready"] = what);
    if (asked().has("sheet")) {
      this.sheets(asked().get("sheet") ?? ALL);
      ready("all");
      return;
    }
    this.build();
    this.map = new ParcelMap(this.mapTarget, this.ground, this.classes(), (row) => this.pick(row));
    this.dress();
    this.fillFigures();
    if (state.town) this.fitTown();
    void this.explain(true);
    this.map.whenDrawn(() => {
      ready("map");
      // What is below the map comes after it.
      setTimeout(() => {
        this.fillPlots();
        ready("all");
      });
    });
    onChange((changed) => this.follow(changed));
    addEventListener("beforeprint", () => this.fillPlots());
  }

  /** Explains a parcel of the map, which stays where it is. */
  private pick(row: number): void {
    this.stays = true;
    change({ parcel: this.ground.id(row) });
    this.stays = false;
  }

  private follow(changed: ReadonlySet<keyof State>): void {
    if (changed.has("lang")) {
      setLang(state.lang);
      this.build();
    }
    if (changed.has("lang") || changed.has("theme")) this.dress();
    if (changed.has("lang") || changed.has("town")) {
      this.fillFigures();
      this.fillPlots();
    }
    if (changed.has("town")) this.fitTown();
    if (changed.has("parcel") || changed.has("lang")) void this.explain(changed.has("parcel") && !this.stays);
  }

  private links(): Links {
    const parcel = (id: string) => {
      change({ parcel: id });
      this.mapTarget.scrollIntoView({ block: "start" });
      this.panel.querySelector("h3")?.focus({ preventScroll: true });
    };
    const town = (town: string) => {
      change({ town });
      this.root.querySelector<HTMLElement>("#town")?.focus();
    };
    return { parcel, town, isParcel: (id) => this.ground.row(id) !== undefined };
  }

  private rows(): number[] | undefined {
    return state.town ? this.ground.ofTown(state.town) : undefined;
  }

  private fitTown(): void {
    this.map?.fit(state.town ? this.ground.around(this.rows() ?? []) : undefined);
  }

  private theme(): Facts["themes"][number] {
    return this.facts.themes.find((theme) => theme.id === state.theme) ?? this.facts.themes[0]!;
  }

  private classes() {
    return classify(this.theme(), this.columns);
  }

  /** Everything that words are in; the map stays as it is. */
  private build(): void {
    const { facts } = this;
    document.title = `${t("report:title")} · ${facts.manifest.job}`;
    const links = this.links();
    const part = (id: string, title: string, ...content: (Node | string | null)[]) => h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);
    const tracts = ["tract_id", "parcels", "towns", "area_mu", "far", "tax_per_mu_wan", "output_per_mu_wan", "low_efficiency_share", "enclosed_parcels"];
    const due = ["parcel_id", "what", "due_date", "days", "state", "document", "article"];
    this.figures.setAttribute("aria-label", t("report:figures"));
    this.plots.setAttribute("aria-label", t("report:distributions"));
    replace(
      this.root,
      this.header(),
      h(
        "main",
        {},
        this.figures,
        part("where", t("report:map"), this.tools(), h("div", { class: "stage" }, this.mapTarget, h("aside", { "aria-label": t("report:explanation"), "aria-live": "polite" }, this.legend, this.panel)), h("p", { class: "note" }, t("report:map_hint"))),
        this.plots,
        part("towns", t("report:towns"), groups(facts, this.columns, "by_town", links)),
        part("industries", t("report:industries"), groups(facts, this.columns, "by_industry", links)),
        part("tracts", t("report:tracts"), list(facts, "tracts", tracts, links)),
        part("slivers", t("report:slivers"), slivers(facts, links)),
        part("due", t("report:due"), list(facts, "due_list", due, links)),
        part("quality", t("report:quality"), quality(facts, links)),
        part("provenance", t("report:provenance"), provenance(facts)),
      ),
      h("footer", {}, t("report:foot")),
    );
    this.map?.name({ zoomIn: t("report:zoom_in"), zoomOut: t("report:zoom_out"), label: t("report:map_label") });
  }

  private header(): HTMLElement {
    const { manifest } = this.facts;
    const choose = (lang: Lang, name: string) => h("button", { type: "button", lang: lang === "zh" ? "zh-CN" : "en", "aria-pressed": String(currentLang() === lang), click: () => this.speak(lang) }, name);
    const towns = (this.facts.tables["by_town"]?.rows ?? []).map((row) => row[place(this.facts.tables["by_town"]!, "key")]).filter((town): town is string => typeof town === "string");
    const town = h("select", { id: "town", change: (event) => change({ town: (event.target as HTMLSelectElement).value }) }, h("option", { value: "" }, t("report:all_towns")), ...towns.map((name) => h("option", { value: name, selected: name === state.town }, name)));
    const print = (all: boolean) => () => {
      this.sheets(all ? ALL : state.town);
      window.print();
      this.sheets(undefined);
    };
    return h(
      "header",
      {},
      h("a", { class: "skip", href: "#where", click: (event) => this.skip(event) }, t("report:skip")),
      h("div", {}, h("h1", {}, t("report:title")), h("p", {}, `${manifest.job} · ${t("report:as_of", { date: manifest.as_of })}`)),
      h(
        "div",
        { class: "controls" },
        h("div", { role: "group", "aria-label": t("report:language") }, choose("zh", "中文"), choose("en", "English")),
        h("label", {}, t("report:town"), " ", town),
        h("button", { type: "button", id: "print-sheet", click: print(false) }, t("report:print_sheet")),
        towns.length <= MOST_SHEETS ? h("button", { type: "button", id: "print-all", click: print(true) }, t("report:print_all")) : null,
      ),
    );
  }

  private speak(lang: Lang): void {
    change({ lang });
    this.root.querySelector<HTMLElement>("[aria-pressed='true']")?.focus();
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.mapTarget.focus();
    this.mapTarget.scrollIntoView({ block: "center" });
  }

  private tools(): HTMLElement {
    const themes = this.facts.themes.map((theme) => h("option", { value: theme.id, selected: theme.id === this.theme().id }, word(theme.title)));
    return h(
      "div",
      { class: "controls" },
      h("label", {}, t("report:theme"), " ", h("select", { id: "theme", change: (event) => change({ theme: (event.target as HTMLSelectElement).value }) }, ...themes)),
      search(this.columns.ids, (id) => change({ parcel: id })),
      h("button", { type: "button", id: "whole", click: () => this.map?.fit() }, t("report:whole_map")),
    );
  }

  /** Colours the map by the theme, and names its classes. */
  private dress(): void {
    const theme = this.theme();
    replace(this.legend, legend(this.columns, theme));
    this.map?.show(this.classes());
    const of = this.facts.tables["by_town"];
    const [key, value] = of ? [place(of, "key"), place(of, theme.column)] : [-1, -1];
    const colour = (figure: Cell | undefined) => (typeof figure === "number" ? colourOf(theme, figure) : undefined);
    const [towns, area] = [this.columns.categories.get("town"), this.columns.numbers.get("area_mu")];
    const seen = value < 0 && towns && area ? new Map(mixed(this.classes(), towns, area).map((own, at) => [towns.texts[at]!, own])) : undefined;
    this.map?.showTowns((of?.rows ?? []).map((row) => ({ name: String(row[key]), colour: seen ? seen.get(String(row[key])) : colour(row[value]) })));
    this.map?.name({ zoomIn: t("report:zoom_in"), zoomOut: t("report:zoom_out"), label: t("report:map_label") });
  }

  private fillFigures(): void {
    const rows = this.rows();
    replace(this.figures, h("h2", {}, state.town || t("report:figures")), headline(this.facts, this.columns, state.town, rows), grades(this.facts, this.columns, rows));
  }

  private fillPlots(): void {
    const wide = this.plots.clientWidth || 360;
    const width = wide > 900 ? Math.floor(wide / 3) - 16 : wide;
    replace(this.plots, h("h2", {}, state.town ? `${t("report:distributions")}: ${state.town}` : t("report:distributions")), h("div", { class: "plots" }, ...plots(this.columns, this.rows(), width)));
  }

  /** Shows the explanation of the parcel that is chosen. */
  private async explain(go: boolean): Promise<void> {
    const id = state.parcel;
    const row = id ? this.ground.row(id) : undefined;
    this.map?.select(row, go);
    if (row === undefined) {
      replace(this.panel, h("p", { class: "note" }, id ? t("report:no_parcel", { id }) : t("report:pick_hint")));
      return;
    }
    const detail = await this.details.of(row);
    // Another may have been chosen while this one was unpacked.
    if (state.parcel === id) replace(this.panel, explanation(this.facts, id, this.known(row), detail));
  }

  private known(row: number): Map<string, Cell> {
    const known = new Map<string, Cell>();
    for (const [name, { texts, index }] of this.columns.categories) known.set(name, texts[index[row]! - 1] ?? null);
    for (const [name, values] of this.columns.numbers) known.set(name, Number.isNaN(values[row]!) ? null : values[row]!);
    return known;
  }

  /** Puts sheets in the place of the page: of a town, of all towns, of everything; without one, the page is back. */
  private sheets(town: string | undefined): void {
    document.querySelectorAll(".sheet").forEach((one) => one.remove());
    document.body.classList.toggle("sheets", town !== undefined);
    if (town === undefined) return;
    const all = this.ground.towns.map(({ name }) => name);
    const towns = town === ALL && all.length ? all.slice(0, MOST_SHEETS) : [town === ALL ? "" : town];
    document.body.append(...towns.map((name) => sheet({ facts: this.facts, columns: this.columns, ground: this.ground, sharpness: towns.length > FEW_SHEETS ? 1 : 2 }, name)));
  }
}

async function start(): Promise<void> {
  const root = document.getElementById("page");
  if (!root) return;
  const facts = await readFacts();
  setWords(facts);
  const asks = asked();
  const lang = asks.get("lang");
  Object.assign(state, {
    lang: lang === "zh" || lang === "en" ? lang : facts.manifest.settings.lang,
    theme: asks.get("theme") ?? "",
    town: asks.get("town") ?? "",
    parcel: asks.get("parcel") ?? "",
  });
  setLang(state.lang);
  new Page(root, facts, await readColumns(facts)).start();
}

start().catch((error: unknown) => {
  const root = document.getElementById("page");
  if (root) replace(root, h("p", { class: "note", role: "alert" }, `The report cannot be shown by this browser. 此浏览器无法显示本报告。${String(error)}`));
});
