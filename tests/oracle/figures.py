"""Areas, buildings on parcels and zones: `docs/method.md`, sections "Area", "Buildings on parcels" and "Zones".

All overlays are plain GEOS intersections and differences of whole geometries, with no shortcut for the easy pairs:
slow on purpose, so that nothing here can share a mistake with a program that has such shortcuts.
"""

import numpy as np
import pandas as pd
import pyproj
import shapely

EPSILON_M2 = 1e-6
CGCS2000_A = 6378137.0
CGCS2000_RF = 298.257222101
GEOD = pyproj.Geod(a=CGCS2000_A, rf=CGCS2000_RF)
BASES = ["height", "floors", "declared"]  # weakest first


# --- Areas ---------------------------------------------------------------------------------------------------------


def survey_coefficients() -> tuple[float, np.ndarray]:
    """b and (A, B, C, D, E) of the survey formula with the constants of CGCS2000."""
    b = 6356752.314140
    e2 = 0.00669438002290
    p = [1.0, e2, e2**2, e2**3, e2**4]
    terms = [
        (1.0, 3 / 6, 30 / 80, 35 / 112, 630 / 2304),
        (0.0, 1 / 6, 15 / 80, 21 / 112, 420 / 2304),
        (0.0, 0.0, 3 / 80, 7 / 112, 180 / 2304),
        (0.0, 0.0, 0.0, 1 / 112, 45 / 2304),
        (0.0, 0.0, 0.0, 0.0, 5 / 2304),
    ]
    return b, np.array([sum(c * q for c, q in zip(row, p)) for row in terms])


def _ring_areas(geometry: np.ndarray, edge_area) -> np.ndarray:
    """Area a feature from a signed area an edge: shells are added, holes taken away, whatever their direction.

    `edge_area(x0, y0, x1, y1)` gets the ends of every edge relative to nothing but what the caller prepared.
    """
    parts, feature = shapely.get_parts(geometry, return_index=True)
    shells = shapely.get_exterior_ring(parts)
    holes, hole_part = shapely.get_rings(parts, return_index=True)
    is_shell = np.r_[True, hole_part[1:] != hole_part[:-1]] if len(hole_part) else np.array([], bool)
    assert is_shell.sum() == len(shells)
    xy, ring = shapely.get_coordinates(holes, return_index=True)
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    value = edge_area(xy, first[ring[edge]], edge, edge + 1)
    total = np.zeros(len(holes), np.longdouble)
    np.add.at(total, ring[edge], value)
    signed = np.where(is_shell, np.abs(total), -np.abs(total))
    out = np.zeros(len(geometry), np.longdouble)
    np.add.at(out, feature[hole_part], signed)
    return out.astype(float)


def planar_areas(geometry: np.ndarray) -> np.ndarray:
    """The shoelace sum, taken from the first vertex of each ring, in extended precision."""

    def edge_area(xy, anchor, a, b):
        p = xy.astype(np.longdouble)
        u, v = p[a] - p[anchor], p[b] - p[anchor]
        return (u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1]) / 2

    return _ring_areas(geometry, edge_area)


def survey_areas(lonlat_deg: np.ndarray) -> np.ndarray:
    """The survey formula (国土调查办发〔2008〕32号) on geometry in degrees; each ring is closed to its first meridian."""
    b, (ca, cb, cc, cd, ce) = survey_coefficients()

    def edge_area(xy, anchor, p, q):
        rad = np.radians(xy.astype(np.longdouble))
        dl = (rad[p, 0] + rad[q, 0]) / 2 - rad[anchor, 0]
        db, bm = rad[q, 1] - rad[p, 1], (rad[p, 1] + rad[q, 1]) / 2
        series = (
            ca * np.sin(db / 2) * np.cos(bm)
            - cb * np.sin(3 * db / 2) * np.cos(3 * bm)
            + cc * np.sin(5 * db / 2) * np.cos(5 * bm)
            - cd * np.sin(7 * db / 2) * np.cos(7 * bm)
            + ce * np.sin(9 * db / 2) * np.cos(9 * bm)
        )
        return 2 * b * b * dl * series

    return _ring_areas(lonlat_deg, edge_area)


def geodesic_areas(lonlat_deg: np.ndarray) -> np.ndarray:
    """Karney's geodesic polygon area: the same ground by another definition of an edge."""
    out = np.zeros(len(lonlat_deg))
    for i, one in enumerate(lonlat_deg):
        for part in shapely.get_parts(one):
            rings = shapely.get_rings(part)
            size = [abs(GEOD.polygon_area_perimeter(*np.array(r.coords).T)[0]) for r in rings]
            out[i] += size[0] - sum(size[1:])
    return out


def to_degrees(geometry: np.ndarray, compute: pyproj.CRS, origin) -> np.ndarray:
    """Inverse projection of local metres to longitude and latitude on the compute CRS's own datum."""
    inverse = pyproj.Transformer.from_crs(compute, compute.geodetic_crs, always_xy=True)
    xy = shapely.get_coordinates(geometry) + np.array(origin)
    return shapely.set_coordinates(geometry.copy(), np.column_stack(inverse.transform(xy[:, 0], xy[:, 1])))


def measure_areas(job, parcels) -> pd.DataFrame:
    """Every area of every parcel, the legal one among them."""
    degrees = to_degrees(parcels.geometry, job.compute, job.origin)
    out = pd.DataFrame({"parcel_id": parcels.table.parcel_id})
    out["area_planar_m2"] = planar_areas(parcels.geometry)
    out["area_ellipsoidal_m2"] = survey_areas(degrees)
    out["area_geodesic_m2"] = geodesic_areas(degrees)
    out["area_registered_m2"] = parcels.table.registered_area_m2
    spec = job.spec.get("area", {})
    method = spec.get("method", "planar")
    out["area_m2"], out["area_basis"] = np.nan, None
    for name in spec.get("legal", ["registered", "geometric"]):
        column = f"area_{method if name == 'geometric' else name}_m2"
        take = out["area_m2"].isna() & out[column].notna()
        out.loc[take, "area_m2"] = out.loc[take, column]
        out.loc[take, "area_basis"] = column.removeprefix("area_").removesuffix("_m2")
    out["area_mu"] = out["area_m2"] * 3.0 / 2000.0
    return out


# --- Buildings -----------------------------------------------------------------------------------------------------


def floors_of(table: pd.DataFrame, area: np.ndarray, rules: dict) -> pd.DataFrame:
    """Counted floors, floor area and basis of every building."""
    n = len(table)
    floors, height = table.floors.to_numpy(), table.height_m.to_numpy()
    counted, total, basis = np.full(n, np.nan), np.full(n, np.nan), np.full(n, None, object)
    storey = rules["storey_height_m"]
    if storey is not None:
        by_height = ~np.isnan(height)
        counted[by_height] = np.maximum(1.0, np.floor(height[by_height] / storey))
        basis[by_height] = "height"
    by_floors = ~np.isnan(floors)
    with np.errstate(divide="ignore", invalid="ignore"):
        double = by_floors & (floors > 0) & (height / floors > rules["double_height_m"])
    counted[by_floors] = floors[by_floors] * np.where(double, 2.0, 1.0)[by_floors]
    basis[by_floors] = "floors"
    total = counted * area
    declared = table.floor_area_m2.notna().to_numpy()
    total[declared] = table.floor_area_m2.to_numpy()[declared]
    counted[declared], basis[declared] = np.nan, "declared"
    below = np.array([v is False for v in table.above_ground])
    total[below], counted[below] = 0.0, 0.0
    return pd.DataFrame({"counted_floors": counted, "floor_area_m2": total, "basis": basis, "below": below})


def building_shares(parcels, buildings, rules: dict) -> tuple[pd.DataFrame, dict]:
    """The ledger, with `building` as row number, and the pieces of above-ground building on each parcel."""
    area = planar_areas(buildings.geometry)
    floors = floors_of(buildings.table, area, rules)
    tree = shapely.STRtree(parcels.geometry)
    b, p = tree.query(buildings.geometry, predicate="intersects")
    piece = shapely.intersection(buildings.geometry[b], parcels.geometry[p])
    overlap = shapely.area(piece)
    outside = _outside(parcels.geometry, buildings.geometry, b, p, area)
    real = overlap > EPSILON_M2
    b, p, piece, overlap = b[real], p[real], piece[real], overlap[real]
    rest = np.flatnonzero(outside > EPSILON_M2)
    ledger = pd.DataFrame(
        {
            "building": np.r_[b, rest],
            "parcel": np.r_[p, np.full(len(rest), -1)],
            "area_m2": np.r_[overlap, outside[rest]],
        }
    )
    share = ledger.area_m2 / area[ledger.building]
    sums = share.groupby(ledger.building).transform("sum")
    ledger["share"] = np.where(sums > 1.0, share / sums, share)
    pieces: dict[int, list] = {}
    for row in np.flatnonzero(~floors.below.to_numpy()[b]):
        pieces.setdefault(int(p[row]), []).append(piece[row])
    return _finish_ledger(ledger, buildings, parcels, floors), pieces


def _outside(parcels, buildings, b, p, area) -> np.ndarray:
    """|B minus every parcel| of each building."""
    outside = area.copy()
    order = np.argsort(b, kind="stable")
    b, p = b[order], p[order]
    start = np.flatnonzero(np.r_[True, b[1:] != b[:-1]]) if len(b) else np.array([], int)
    for s, e in zip(start, np.r_[start[1:], len(b)]):
        rest = shapely.difference(buildings[b[s]], shapely.union_all(parcels[p[s:e]]))
        outside[b[s]] = shapely.area(rest)
    return outside


def _finish_ledger(ledger, buildings, parcels, floors) -> pd.DataFrame:
    b = ledger.building.to_numpy()
    ids = np.r_[parcels.table.parcel_id.to_numpy(), np.array([None], object)]
    ledger["building_id"] = buildings.table.building_id.to_numpy()[b]
    ledger["parcel_id"] = ids[ledger.parcel]
    for name in ("counted_floors", "basis", "below"):
        ledger[name] = floors[name].to_numpy()[b]
    ledger["counted_floor_area_m2"] = floors.floor_area_m2.to_numpy()[b] * ledger.share
    return ledger


def register_shares(parcels, buildings) -> pd.DataFrame:
    """The ledger of a building table without geometry."""
    row_of = {one: i for i, one in enumerate(parcels.table.parcel_id)}
    table = buildings.table
    ledger = pd.DataFrame({"building": np.arange(len(table))})
    ledger["parcel"] = [row_of.get(one, -1) for one in table.parcel_id]
    ledger["area_m2"] = table.footprint_m2
    ledger["share"] = 1.0
    ledger["building_id"] = table.building_id
    ledger["parcel_id"] = [one if one in row_of else None for one in table.parcel_id]
    ledger["counted_floors"] = np.nan
    ledger["basis"] = np.where(table.floor_area_m2.notna(), "declared", None)
    ledger["below"] = np.array([v is False for v in table.above_ground], bool)
    ledger["counted_floor_area_m2"] = np.where(ledger.below, 0.0, table.floor_area_m2)
    return ledger


def measure_buildings(job, parcels, buildings, rules: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Footprint, floor area and basis of every parcel, and the ledger."""
    n = len(parcels.table)
    footprint = np.zeros(n)
    if buildings.geometry is None:
        ledger = register_shares(parcels, buildings)
        inside = ledger[(ledger.parcel >= 0) & ~ledger.below]
        for parcel, rows in inside.groupby("parcel"):
            footprint[parcel] = rows.area_m2.sum() if rows.area_m2.notna().all() else np.nan
    else:
        ledger, pieces = building_shares(parcels, buildings, rules)
        for parcel, geometry in pieces.items():
            footprint[parcel] = shapely.area(geometry[0] if len(geometry) == 1 else shapely.union_all(geometry))
    floor_area, basis = np.zeros(n), np.full(n, None, object)
    for parcel, rows in ledger[ledger.parcel >= 0].groupby("parcel"):
        values = rows.counted_floor_area_m2.to_numpy()
        floor_area[parcel] = np.nan if np.isnan(values).any() else values.sum()
        known = [BASES.index(v) for v in rows.basis if isinstance(v, str)]
        basis[parcel] = BASES[min(known)] if known and not np.isnan(floor_area[parcel]) else None
    out = pd.DataFrame({"footprint_m2": footprint, "floor_area_m2": floor_area, "far_basis": basis})
    return out, ledger


# --- Zones ---------------------------------------------------------------------------------------------------------


def zone_shares(parcels, zones, kind: str, rules: dict, planar: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ledger rows of one zone kind, and share and state of every parcel."""
    names = np.array([kind if v is None else v for v in zones.table.zone_name], dtype=object)
    tree = shapely.STRtree(parcels.geometry)
    z, p = tree.query(zones.geometry, predicate="intersects")
    piece = shapely.intersection(zones.geometry[z], parcels.geometry[p])
    area = shapely.area(piece)
    touching: dict[int, list[int]] = {}
    for row in np.flatnonzero(area > 0.0):
        touching.setdefault(int(p[row]), []).append(row)
    rows, covered = [], np.zeros(len(parcels.table))
    for parcel, geometry in enumerate(parcels.geometry):
        hits = touching.get(parcel, [])
        found, taken = _claim(hits, names[z[hits]], piece) if hits else ([], None)
        rest = planar[parcel] if taken is None else shapely.area(shapely.difference(geometry, taken))
        covered[parcel] = sum(a for _, a, _ in found)
        rows += [(parcel, name, a, count) for name, a, count in found if a > EPSILON_M2]
        if rest > EPSILON_M2:
            rows.append((parcel, None, rest, 0))
    ledger = pd.DataFrame(rows, columns=["parcel", "zone_name", "area_m2", "pieces"])
    ledger["kind"] = kind
    ledger["parcel_id"] = parcels.table.parcel_id.to_numpy()[ledger.parcel]
    ledger["share"] = ledger.area_m2 / planar[ledger.parcel]
    share = covered / planar
    perimeter = shapely.length(parcels.geometry)
    tolerance = np.maximum(rules["tolerance_m2"], rules["tolerance_m"] * perimeter)
    out = (share <= rules["outside_max"]) | (covered <= tolerance)
    state = np.where(share >= rules["inside_min"], "inside", np.where(out, "outside", "split"))
    return ledger, pd.DataFrame({f"share_{kind}": share, f"zone_{kind}": state.astype(object)})


def _claim(hits: list[int], names: np.ndarray, piece: np.ndarray):
    """(zone, area, contributing features) in the order of the names; ground already claimed is not claimed again."""
    taken, found = None, []
    for name in sorted(set(names)):
        mine = [piece[h] for h, n in zip(hits, names) if n == name]
        whole = mine[0] if len(mine) == 1 else shapely.union_all(mine)
        free = [m if taken is None else shapely.difference(m, taken) for m in mine]
        claim = whole if taken is None else shapely.difference(whole, taken)
        found.append((name, float(shapely.area(claim)), sum(shapely.area(f) > EPSILON_M2 for f in free)))
        taken = whole if taken is None else shapely.union(taken, whole)
    return found, taken
