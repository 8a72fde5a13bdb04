"""The core job with GeoPandas, pyogrio and Shapely as somebody writes it who knows them: everything vectorised, prepared geometries,
intersections only where one does not cover the other, large zones cut into tiles, a thread for every processor."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyogrio
import shapely
from shapely import STRtree

import core


def read(layer: dict, names: list[str], where: str | None = None) -> tuple[np.ndarray, pd.DataFrame]:
    sources = {core.Job.field(layer, name): name for name in names}
    frame = pyogrio.read_dataframe(layer["path"], layer=layer.get("layer"), columns=list(sources), where=where, use_arrow=True)
    return frame.geometry.to_numpy(), pd.DataFrame(frame.drop(columns=frame.geometry.name)).rename(columns=sources)


def read_enterprises(path: str, year: int) -> pd.DataFrame:
    columns = ["enterprise_id", "parcel_id", "year", "share", *(f"{name}_wan" for name in core.FIGURES)]
    types = {"enterprise_id": pa.string(), "parcel_id": pa.string()} | {name: pa.float64() for name in columns[3:]}
    table = pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(include_columns=columns, column_types=types))
    return table.filter(pa.compute.equal(table["year"], year)).to_pandas()


class Pool:
    """Vectorised calls over equal parts of the rows: Shapely lets go of the interpreter's lock."""

    def __init__(self, threads: int):
        self.threads, self.pool = threads, ThreadPoolExecutor(threads)

    def map(self, call, *arrays) -> np.ndarray:
        parts = [np.array_split(array, self.threads) for array in arrays]
        return np.concatenate(list(self.pool.map(call, *parts)))

    def pairs(self, tree: STRtree, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows of `queries` and of the tree whose boxes meet."""
        parts = np.array_split(np.arange(len(queries)), self.threads)
        found = list(self.pool.map(lambda rows: tree.query(queries[rows]) + np.array([[rows[0] if len(rows) else 0], [0]]), parts))
        return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])

    def shared(self, large: np.ndarray, small: np.ndarray, i: np.ndarray, j: np.ndarray, small_m2: np.ndarray) -> np.ndarray:
        """Area common to `large[i]`, which are prepared, and `small[j]`. `i` ascends, and each large one is asked by one thread alone:
        a prepared geometry is changed by the asking."""
        cuts = np.searchsorted(i, i[[len(i) * n // self.threads for n in range(1, self.threads)]]) if len(i) else []
        parts = np.split(np.arange(len(i)), cuts)
        return np.concatenate(list(self.pool.map(lambda rows: shared_m2(large[i[rows]], small[j[rows]], small_m2[j[rows]]), parts)))


def shared_m2(large: np.ndarray, small: np.ndarray, small_m2: np.ndarray) -> np.ndarray:
    """Area common to each pair: an intersection only of those that lie across a line."""
    covered = shapely.covers(large, small)
    m2 = np.where(covered, small_m2, 0.0)
    rest = np.flatnonzero(~covered)
    rest = rest[shapely.intersects(large[rest], small[rest])]
    m2[rest] = shapely.area(shapely.intersection(large[rest], small[rest]))
    return m2


def copies_of(geometries: np.ndarray) -> np.ndarray:
    """Prepared copies for one thread alone."""
    own = shapely.from_wkb(shapely.to_wkb(geometries))
    shapely.prepare(own)
    return own


def overlaps_of(pool: Pool, buildings: np.ndarray) -> np.ndarray:
    """Buildings that share ground with another."""
    a, b = pool.pairs(STRtree(buildings), buildings)
    a, b = a[a < b], b[a < b]
    common = pool.map(lambda x, y: shapely.area(shapely.intersection(x, y)), buildings[a], buildings[b]) > 1e-6
    flags = np.zeros(len(buildings), bool)
    flags[a[common]] = flags[b[common]] = True
    return flags


def measure(pool: Pool, parcels: np.ndarray, buildings: np.ndarray, facts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Footprint and counted floor area of each parcel."""
    count, m2_of = len(parcels), shapely.area(buildings)
    shapely.prepare(parcels)
    b, p = pool.pairs(STRtree(parcels), buildings)
    order = np.argsort(p, kind="stable")
    b, p = b[order], p[order]
    m2 = pool.shared(parcels, buildings, p, b, m2_of)
    b, p, m2 = b[m2 > 1e-6], p[m2 > 1e-6], m2[m2 > 1e-6]

    above = facts["above_ground"].fillna(True).to_numpy(bool)
    stacked = np.zeros(len(buildings), bool)
    stacked[above] = overlaps_of(pool, buildings[above])
    single = above[b] & ~stacked[b]
    footprint = np.bincount(p[single], m2[single], count)
    many = np.flatnonzero(above[b] & stacked[b])
    order = many[np.argsort(p[many], kind="stable")]
    starts = np.flatnonzero(np.diff(p[order], prepend=-1))
    for rows in np.split(order, starts[1:]) if len(order) else []:
        pieces = shapely.intersection(parcels[p[rows]], buildings[b[rows]])
        # The ground of the stacked ones is united; what they share with single ones is nothing.
        footprint[p[rows[0]]] += shapely.area(shapely.union_all(pieces))

    declared, floors, height = (facts[name].to_numpy(float) for name in ("floor_area_m2", "floors", "height_m"))
    with np.errstate(divide="ignore", invalid="ignore"):
        double = (floors > 0) & (height / floors > core.DOUBLE_HEIGHT_M)
    counted = np.where(~np.isnan(declared), declared, np.where(double, 2, 1) * floors * m2_of)
    counted[~above] = 0.0
    parts = counted[b] * (m2 / m2_of[b])
    floor_area = np.bincount(p, parts, count)
    return footprint, floor_area


def tiles_of(zone) -> list:
    """A polygon cut into pieces of few vertices."""
    if shapely.get_num_coordinates(zone) <= core.TILE_VERTICES:
        return [zone]
    x0, y0, x1, y1 = shapely.bounds(zone)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    halves = [(x0, y0, x, y1), (x, y0, x1, y1)] if x1 - x0 > y1 - y0 else [(x0, y0, x1, y), (x0, y, x1, y1)]
    pieces = [shapely.clip_by_rect(zone, *half) for half in halves]
    return [tile for piece in pieces if not piece.is_empty for tile in tiles_of(piece)]


def dissolved(zones: np.ndarray) -> np.ndarray:
    """Zones of a kind without overlaps: united where there are any."""
    a, b = STRtree(zones).query(zones)
    a, b = a[a < b], b[a < b]
    if (shapely.area(shapely.intersection(zones[a], zones[b])) > 1e-6).any():
        return shapely.get_parts(shapely.union_all(zones))
    return zones


def share_of(pool: Pool, parcels: np.ndarray, parcel_m2: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Share of each parcel in the zones of a kind."""
    rows = np.array_split(np.arange(len(parcels)), pool.threads)
    whole = list(pool.pool.map(lambda own: in_whole_zones(parcels[own], parcel_m2[own], copies_of(zones)), rows))
    crossed = np.unique(np.concatenate([part[2] for part in whole]))
    tiles = np.array([tile for zone in zones[crossed] for tile in tiles_of(zone)], object)

    def finish(own: np.ndarray, part: tuple) -> np.ndarray:
        m2, across, _ = part
        m2[across] += in_tiles(parcels[own][across], parcel_m2[own][across], copies_of(tiles))
        return m2

    return np.concatenate(list(pool.pool.map(finish, rows, whole))) / parcel_m2


def in_whole_zones(parcels: np.ndarray, parcel_m2: np.ndarray, zones: np.ndarray) -> tuple:
    """The area of parcels that zones cover, the rows of parcels on a line, and the zones that have it."""
    p, z = STRtree(zones).query(parcels)
    covered = shapely.covers(zones[z], parcels[p])
    m2 = np.bincount(p[covered], parcel_m2[p[covered]], len(parcels))
    p, z = p[~covered], z[~covered]
    met = shapely.intersects(zones[z], parcels[p])
    return m2, np.setdiff1d(p[met], np.flatnonzero(m2)), np.unique(z[met])


def in_tiles(parcels: np.ndarray, parcel_m2: np.ndarray, tiles: np.ndarray) -> np.ndarray:
    p, t = STRtree(tiles).query(parcels)
    return np.bincount(p, shared_m2(tiles[t], parcels[p], parcel_m2[p]), len(parcels))


def sliver_flags(parcels: np.ndarray, planar_m2: np.ndarray, facts: pd.DataFrame, projects: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Plots of at most 3 mu beside a project that together keep the tenth of its land."""
    shapely.prepare(projects)
    tree = STRtree(projects)
    p, j = tree.query(parcels, predicate="intersects")
    inside = shapely.area(shapely.intersection(parcels[p], projects[j])) >= core.CORE_MIN_SHARE * planar_m2[p]
    is_core = np.zeros(len(parcels), bool)
    is_core[p[inside]] = True
    plot_m2 = np.round(np.where(np.isnan(facts["registered_area_m2"]), planar_m2, facts["registered_area_m2"]), 2)
    land = facts["is_construction_land"].astype("boolean")
    small = np.flatnonzero((plot_m2 <= core.MAX_PLOT_M2) & ~is_core & ~land.eq(False).fillna(False).to_numpy(bool))
    s, j = tree.query(parcels[small], predicate="dwithin", distance=core.SNAP_M)
    s = small[s]
    strips = shapely.buffer(shapely.boundary(projects), core.SNAP_M + 1e-6, cap_style="flat")
    shared_m = shapely.length(shapely.intersection(shapely.boundary(parcels[s]), strips[j]))
    pairs = pd.DataFrame({"s": s, "j": j, "shared": shared_m, "id": ids[j]})[shared_m > core.MIN_SHARED_M]
    best = pairs.sort_values(["s", "shared", "id"], ascending=[True, False, True]).drop_duplicates("s")
    total = np.bincount(best["j"], plot_m2[best["s"]], len(projects))
    keeps = total <= core.MAX_TOTAL_RATIO * shapely.area(projects)
    flags = np.zeros(len(parcels), bool)
    flags[best["s"][keeps[best["j"]]]] = True
    return flags & land.eq(True).fillna(False).to_numpy(bool)


def per_mu(rows: pd.DataFrame, parcels: pd.Index, area_m2: np.ndarray) -> pd.DataFrame:
    """The figures of the enterprises on their parcels, a mu."""
    figures = [f"{name}_wan" for name in core.FIGURES]
    firm, _ = pd.factorize(rows["enterprise_id"])
    parcel = parcels.get_indexer(rows["parcel_id"])
    land = np.where(parcel >= 0, area_m2[parcel], np.nan)
    share = rows["share"].to_numpy()
    open_ = np.isnan(share)
    count = int(firm.max()) + 1
    left = 1 - np.bincount(firm[~open_], share[~open_], count)
    land_of = np.bincount(firm[open_], land[open_], count)
    alone = np.bincount(firm, minlength=count)[firm] == 1
    with np.errstate(divide="ignore", invalid="ignore"):
        by_land = left[firm] * land / land_of[firm]
    weight = np.where(open_, np.where(alone, 1.0, by_land), share)
    values = rows[figures].groupby(firm).transform("max").to_numpy() if not alone.all() else rows[figures].to_numpy()
    known = parcel >= 0
    out = {}
    for i, name in enumerate(core.FIGURES):
        parts, at = values[known, i] * weight[known], parcel[known]
        # A figure that one of the enterprises lacks is unknown for the parcel.
        total = np.bincount(at, parts, len(parcels))
        total[np.bincount(at, minlength=len(parcels)) == 0] = np.nan
        out[f"{name}_per_mu_wan"] = total / (area_m2 / core.SQUARE_METRES_A_MU)
    return pd.DataFrame(out)


def grades_of(value: pd.Series) -> np.ndarray:
    """A to D by rank of the first figure; equal values share the better rank."""
    rank, n = value.rank(ascending=False, method="min").to_numpy(), int(value.notna().sum())
    grade = np.full(len(value), None, object)
    for letter, up_to in reversed(core.GRADES):
        grade[rank <= -(-n * up_to // 100)] = letter
    return grade


def main() -> None:
    clock, job = core.Clock(), core.Job(sys.argv[1])
    pool = Pool(job.threads)
    parcels, facts = read(job.parcels, ["parcel_id", "registered_area_m2", "is_construction_land"])
    buildings, built = read(job.buildings, ["floors", "height_m", "above_ground", "floor_area_m2"])
    projects, project_facts = read(job.projects, ["project_id"])
    zones = {zone["kind"]: read({"fields": {}, **zone}, [], zone.get("where"))[0] for zone in job.zones}
    rows = read_enterprises(job.enterprises, job.year)
    clock.lap("read")
    planar_m2 = shapely.area(parcels)
    footprint, floor_area = measure(pool, parcels, buildings, built)
    clock.lap("buildings")
    shares = {kind: share_of(pool, parcels, planar_m2, dissolved(own)) for kind, own in zones.items()}
    clock.lap("zones")
    slivers = sliver_flags(parcels, planar_m2, facts, projects, project_facts["project_id"].to_numpy())
    clock.lap("slivers")
    area_m2 = np.where(np.isnan(facts["registered_area_m2"]), planar_m2, facts["registered_area_m2"])
    figures = per_mu(rows, pd.Index(facts["parcel_id"]), area_m2)
    out = pd.DataFrame({"parcel_id": facts["parcel_id"], "area_planar_m2": planar_m2, "area_m2": area_m2, "footprint_m2": footprint})
    out["floor_area_m2"], out["far"], out["building_density"] = floor_area, floor_area / area_m2, footprint / area_m2
    for kind, share in shares.items():
        out[f"share_{kind}"] = share
        states = np.where(share >= core.INSIDE_MIN, "inside", np.where(share <= core.OUTSIDE_MAX, "outside", "split"))
        out[f"zone_{kind}"] = states
    out = pd.concat([out, figures], axis=1)
    out["grade"], out["sliver"] = grades_of(out["tax_per_mu_wan"]), slivers
    clock.lap("grades")
    pa.parquet.write_table(pa.Table.from_pandas(out, preserve_index=False), job.out, compression="zstd")
    clock.lap("write")
    clock.tell()


main()
