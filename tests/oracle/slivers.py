"""Sliver plots beside redevelopment projects: `docs/method.md`, "Slivers"."""

from fractions import Fraction

import numpy as np
import pandas as pd
import shapely
import shapely.ops

import figures

# What exact limits are widened by, because coordinates are rounded.
ROUNDING_M = 1e-6
NOISE = 1e-9


def _edges(geometry) -> np.ndarray:
    """Edges (x0, y0, x1, y1) of every ring, without edges of no length."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)), return_index=True)
    pair = np.column_stack([xy[:-1], xy[1:]])[ring[1:] == ring[:-1]]
    return pair[(pair[:, :2] != pair[:, 2:]).any(axis=1)]


def shared_length(parcel, project_edges: np.ndarray, tree: shapely.STRtree, rules: dict) -> float:
    """Length of the parcel's boundary whose foot on a project edge lies within that edge, at most `snap_m` away."""
    return sum(high - low for low, high in shared_stretches(_edges(parcel), project_edges, tree, rules))


def shared_stretches(edges, project_edges: np.ndarray, tree: shapely.STRtree, rules: dict) -> list[tuple[float, float]]:
    """The stretches of a chain of edges that are shared, in metres along the chain."""
    snap = rules["snap_m"] + ROUNDING_M
    box = np.column_stack(
        [np.minimum(edges[:, :2], edges[:, 2:]) - snap, np.maximum(edges[:, :2], edges[:, 2:]) + snap]
    )
    mine, theirs = tree.query(shapely.box(*box.T))
    if len(mine) == 0:
        return []
    a, b = edges[mine, :2], edges[mine, 2:]
    c, d = project_edges[theirs, :2], project_edges[theirs, 2:]
    along, other = b - a, d - c
    size, other_size = np.hypot(*along.T), np.hypot(*other.T)
    unit = other / other_size[:, None]
    cosine = np.abs((along * unit).sum(axis=1)) / size
    near = cosine >= np.cos(np.radians(rules["max_angle_deg"]))
    offset = a - c
    # Both the foot's place along the project edge and the signed distance from its line are linear in t.
    foot0, foot1 = (offset * unit).sum(axis=1), (along * unit).sum(axis=1)
    dist0 = offset[:, 0] * unit[:, 1] - offset[:, 1] * unit[:, 0]
    dist1 = along[:, 0] * unit[:, 1] - along[:, 1] * unit[:, 0]
    low1, high1 = _between(foot0, foot1, 0.0, other_size)
    low2, high2 = _between(dist0, dist1, -snap, snap)
    low, high = np.clip(np.maximum(low1, low2), 0, 1), np.clip(np.minimum(high1, high2), 0, 1)
    good = near & (high > low)
    length = np.hypot(*(edges[:, 2:] - edges[:, :2]).T)
    start = np.concatenate([[0.0], np.cumsum(length)])
    out = []
    for edge in np.unique(mine[good]):
        rows = good & (mine == edge)
        out += [(start[edge] + t0 * length[edge], start[edge] + t1 * length[edge]) for t0, t1 in _union(low[rows], high[rows])]
    return out


def _between(start, slope, low, high):
    """The t with low <= start + slope * t <= high, as an interval (empty: high < low)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t0, t1 = (low - start) / slope, (high - start) / slope
    flat = slope == 0.0
    inside = (start >= low) & (start <= high)
    first = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(t0, t1))
    last = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(t0, t1))
    return first, last


def _union(low: np.ndarray, high: np.ndarray) -> list[tuple[float, float]]:
    out = []
    for i in np.argsort(low, kind="stable"):
        if out and low[i] <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high[i]))
        else:
            out.append((low[i], high[i]))
    return out


# --- What a plot looks like ----------------------------------------------------------------------------------------


def shared_runs(parcel, project, project_edges, tree, rules: dict) -> tuple[float, list[float]]:
    """The shared length of a parcel, and the lengths of its runs: stretches that only a snap, or a corner, parts."""
    snap = rules["snap_m"] + ROUNDING_M
    wide = shapely.buffer(shapely.boundary(project), 2 * snap + 1e-7, quad_segs=32)
    total, runs = 0.0, []
    for ring in shapely.get_rings(shapely.get_parts(parcel)):
        stretches = shared_stretches(_edges(shapely.polygons(ring)), project_edges, tree, rules)
        total += sum(high - low for low, high in stretches)
        if not stretches:
            continue
        around = shapely.length(ring)
        joined = []
        for (_, end), (start, _) in zip(stretches, stretches[1:] + stretches[:1]):
            gap = start - end if start >= end else start - end + around
            pieces = [(end, start)] if start >= end else [(end, around), (0.0, start)]
            near = all(_substring(ring, *piece).difference(wide).length < 1e-6 for piece in pieces)
            joined.append(gap <= snap or (gap <= 4 * snap and near))
        # Begin behind a break, so that no run goes on from the last stretch to the first.
        first = joined.index(False) + 1 if False in joined else 0
        order = [(first + i) % len(stretches) for i in range(len(stretches))]
        lengths = [0.0]
        for place, i in enumerate(order):
            lengths[-1] += stretches[i][1] - stretches[i][0]
            if not joined[i] and place + 1 < len(order):
                lengths.append(0.0)
        runs += lengths
    return total, runs


def _substring(ring, start: float, end: float):
    return shapely.ops.substring(shapely.LineString(ring.coords), max(start, 0.0), min(end, ring.length))


def length_near(parcel, lines: np.ndarray | None, distance: float) -> float | None:
    """Length of the boundary at most `distance` from the lines, found by halving: the distance to a segment is convex."""
    if lines is None:
        return None
    edges, total = _edges(parcel), 0.0
    tree = shapely.STRtree(shapely.linestrings(lines.reshape(-1, 2, 2)))
    mine, theirs = tree.query(shapely.linestrings(edges.reshape(-1, 2, 2)), predicate="dwithin", distance=distance)
    for edge in np.unique(mine):
        spans = [_near_span(edges[edge], lines[k], distance) for k in theirs[mine == edge]]
        spans = np.array([s for s in spans if s is not None]).reshape(-1, 2)
        size = np.hypot(*(edges[edge, 2:] - edges[edge, :2]))
        total += size * sum(high - low for low, high in _union(spans[:, 0], spans[:, 1]))
    return total


def _near_span(edge, line, distance):
    p, step = edge[:2], edge[2:] - edge[:2]
    a, axis = line[:2], line[2:] - line[:2]
    square = (axis * axis).sum()

    def apart(t):
        point = p + t * step - a
        share = min(1.0, max(0.0, (point * axis).sum() / square))
        return np.hypot(*(point - share * axis))

    low, high = 0.0, 1.0
    for _ in range(100):
        third = (high - low) / 3
        if apart(low + third) <= apart(high - third):
            high -= third
        else:
            low += third
    best = min([0.0, 1.0, (low + high) / 2], key=apart)
    if apart(best) > distance:
        return None

    def edge_of(inside, outside):
        if apart(outside) <= distance:
            return outside
        for _ in range(100):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if apart(middle) <= distance else (inside, middle)
        return inside

    return edge_of(best, 0.0), edge_of(best, 1.0)


def _lines(zones: dict, kinds: list[str], window) -> np.ndarray | None:
    layers = [zones[kind] for kind in kinds if kind in zones]
    if not layers:
        return None
    near = [g for layer in layers for g in layer.geometry[shapely.intersects(layer.geometry, window)]]
    return np.concatenate([_edges(g) for g in near]) if near else np.zeros((0, 4))


def kind_of(m: dict, kinds: dict) -> str:
    """`unknown` where a corner cannot be told."""
    ratio = m["shared_ratio"]
    if ratio >= kinds["enclosed_min_ratio"] - NOISE or m["hole_share"] >= kinds["hole_min_share"] - NOISE:
        return "enclosed"
    wedged = (
        m["runs"] >= kinds["interlocking_min_runs"]
        or m["hull_share"] >= kinds["interlocking_min_hull_share"] - NOISE
    )
    if wedged and kinds["interlocking_min_ratio"] - NOISE <= ratio <= kinds["interlocking_max_ratio"] + NOISE:
        return "interlocking"
    if m["runs"] != 1:
        return "none"
    if m["line_share"] is None:
        return "unknown"
    return "corner" if m["line_share"] >= kinds["corner_min_share"] - NOISE else "none"


def signs_of(m: dict, area: float, rule: dict) -> dict[str, bool | None]:
    """The signs that the rule looks at; null = unknown."""
    out = {}
    if "min_inscribed_diameter_m" in rule:
        out["narrow"] = round(m["inscribed_diameter_m"], 2) < rule["min_inscribed_diameter_m"]
    if "min_compactness" in rule:
        out["ragged"] = m["compactness"] < rule["min_compactness"]
    if rule.get("road_kinds"):
        out["no_road"] = None if m["road"] is None else not m["road"]
    if "min_area_m2" in rule:
        out["below_least_plot"] = round(area, 2) < rule["min_area_m2"]
    return out


def any_of(signs: dict) -> str:
    values = list(signs.values())
    if True in values:
        return "yes"
    return "unknown" if None in values or not values else "no"


# --- The ledger ----------------------------------------------------------------------------------------------------


def candidates(job, parcels, areas, projects, zones: dict, rules: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ledger, and the sliver columns of every parcel."""
    tree = shapely.STRtree(parcels.geometry)
    planar = areas.area_planar_m2.to_numpy()
    tested, basis = _tested(areas, rules["area_order"])
    core = np.zeros(len(planar), bool)
    near = [tree.query(shapely.buffer(g, 10 * rules["snap_m"] + 1e-3)) for g in projects.geometry]
    for k, rows in enumerate(near):
        inside = shapely.area(shapely.intersection(parcels.geometry[rows], projects.geometry[k])) / planar[rows]
        core[rows[inside >= rules["core_min_share"]]] = True
    listed = np.round(tested, 2) <= rules["look_up_to_m2"]
    land, found = _project_land(job, projects), []
    for k, rows in enumerate(near):
        project = projects.geometry[k]
        edges = _edges(project)
        edge_tree = shapely.STRtree(shapely.linestrings(edges.reshape(-1, 2, 2)))
        around = {"hull": shapely.convex_hull(project), "holes": _holes(project)}
        for row in sorted(rows[listed[rows] & ~core[rows]]):
            shared, runs = shared_runs(parcels.geometry[row], project, edges, edge_tree, rules)
            if max(runs, default=0.0) > rules["min_shared_m"]:
                runs = sum(run > rules["min_shared_m"] for run in runs)
                m = _figures(parcels.geometry[row], planar[row], shared, runs, around, zones, rules)
                found.append(_row(k, row, m, parcels, projects, tested[row], basis[row], land[k], rules))
    return _judged(pd.DataFrame(found, columns=list(ROW)), parcels, rules)


ROW = (
    "project_id", "parcel_id", "kind", "shared_m", "area_m2", "project_land_m2", "status", "area_basis", "perimeter_m",
    "shared_ratio", "runs", "hole_share", "hull_share", "line_share", "hard_to_develop", "signs",
    "inscribed_diameter_m", "compactness", "road_access", "land_unknown", "row",
)  # fmt: skip


def _tested(areas, order):
    tested = areas[f"area_{order[0]}_m2"].copy()
    basis = pd.Series(order[0], index=tested.index).where(tested.notna())
    for kind in order[1:]:
        basis = basis.where(tested.notna(), kind)
        tested = tested.fillna(areas[f"area_{kind}_m2"])
    return tested.to_numpy(), basis.to_numpy()


def _holes(project):
    parts = shapely.get_parts(shapely.union_all(shapely.get_parts(project)))
    rings = [ring for part in parts for ring in part.interiors]
    return np.array([shapely.Polygon(ring) for ring in rings], object)


def _figures(parcel, planar, shared, runs, around, zones, rules) -> dict:
    perimeter = shapely.length(parcel)
    kinds, hard = rules["kinds"], rules["hard_to_develop"]
    window = shapely.box(*shapely.bounds(shapely.buffer(parcel, 10.0)))
    line = length_near(parcel, _lines(zones, kinds["boundary_kinds"], window), kinds["corner_within_m"] + ROUNDING_M)
    road = length_near(parcel, _lines(zones, hard.get("road_kinds", []), window), hard.get("road_within_m", 0) + ROUNDING_M)
    holes = shapely.area(shapely.intersection(around["holes"], parcel)) if len(around["holes"]) else np.zeros(1)
    return {
        "perimeter_m": perimeter, "shared_m": shared, "shared_ratio": shared / perimeter, "runs": runs,
        "hole_share": float(max(holes)) / planar,
        "hull_share": float(shapely.area(shapely.intersection(around["hull"], parcel))) / planar,
        "line_share": None if line is None else line / perimeter,
        "inscribed_diameter_m": 2 * shapely.length(shapely.maximum_inscribed_circle(parcel, tolerance=1e-3)),
        "compactness": 4 * np.pi * planar / perimeter**2, "planar_m2": planar,
        "road": None if road is None else road > 0,
    }  # fmt: skip


def _row(k, row, m, parcels, projects, area, basis, land, rules) -> tuple:
    kind, signs = kind_of(m, rules["kinds"]), signs_of(m, area, rules["hard_to_develop"])
    holders = [t.get("holder_id", pd.Series(None, t.index, object)) for t in (projects.table, parcels.table)]
    own = holders[0][k] is not None and holders[0][k] == holders[1][row]
    flag = parcels.table.is_construction_land[row]
    wrong_land = "require_farmland" if rules.get("require_farmland") else "require_construction_land"
    asked = rules.get("require_farmland") or rules["require_construction_land"]
    if round(m["inscribed_diameter_m"], 2) < rules["artefact"]["min_width_m"] or round(m["planar_m2"], 2) < rules["artefact"]["min_area_m2"]:
        status = "artefact"
    elif own:
        status = "own_holder_merge"
    elif asked and flag is not None and bool(flag) == (wrong_land == "require_farmland"):
        status = "construction_land" if flag else "not_construction_land"
    elif "max_plot_m2" in rules and not _small(area, rules):
        status = "over_plot_limit"
    elif rules["kinds"]["required"] and kind == "none":
        status = "no_kind"
    elif any_of(signs) == "no":
        status = "not_hard_to_develop"
    else:
        status = None
    road = {None: "unknown", True: "yes", False: "no"}[m["road"]]
    return (
        projects.table.project_id[k], parcels.table.parcel_id[row], kind, m["shared_m"], area, land, status, basis,
        m["perimeter_m"], m["shared_ratio"], m["runs"], m["hole_share"], m["hull_share"],
        np.nan if m["line_share"] is None else m["line_share"], any_of(signs),
        " ".join(name for name, sign in signs.items() if sign), m["inscribed_diameter_m"], m["compactness"], road,
        bool(asked) and flag is None, row,
    )  # fmt: skip


def _small(area, rules) -> bool:
    most, area = round(rules["max_plot_m2"] * 100), round(area * 100)
    return area <= most if rules["max_plot_inclusive"] else area < most


def _project_land(job, projects) -> np.ndarray:
    if job.spec.get("area", {}).get("method", "planar") == "ellipsoidal":
        return figures.survey_areas(figures.to_degrees(projects.geometry, job.compute, job.origin))
    return figures.planar_areas(projects.geometry)


# --- One project a plot, and all plots of a project ----------------------------------------------------------------

REFUSED = {
    "over_cumulative": "max_total_ratio", "other_project": "one_project",
    "unknown_construction_land": "require_construction_land", "not_construction_land": "require_construction_land",
    "construction_land": "require_farmland", "over_plot_limit": "max_plot_m2", "no_kind": "kinds",
    "not_hard_to_develop": "hard_to_develop", "own_holder_merge": "own_holder", "artefact": "artefact",
}  # fmt: skip
SMALL = {
    "own_holder_merge", "not_construction_land", "construction_land", "over_plot_limit", "no_kind",
    "not_hard_to_develop",
}  # fmt: skip


def _judged(ledger: pd.DataFrame, parcels, rules: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts = ledger.status.isna()
    order = ledger[counts].sort_values(["shared_m", "project_id"], ascending=[False, True], kind="stable")
    elsewhere = order.index[order.duplicated("row")]
    ledger.loc[elsewhere, "status"] = "other_project"
    counts = ledger.status.isna()
    for column in ("recommended", "selection"):
        ledger[column] = pd.Series(None, ledger.index, object)
    ledger["ratio_core"] = ledger["ratio_with_slivers"] = 0.0
    for _, rows in ledger.groupby("project_id", sort=False):
        _together(ledger, rows.index, counts, rules)
    ledger["refused_by"] = ledger.status.map(REFUSED).fillna("")
    ledger["nature"] = ["artefact" if s == "artefact" else "small_plot" if s in SMALL else "legal_sliver" for s in ledger.status]
    out = pd.DataFrame({"sliver_status": None, "sliver_kind": None, "sliver_project": None}, index=range(len(parcels.table)), dtype=object)
    rank = ledger.assign(counted=counts, own=ledger.status != "other_project")
    rank = rank.sort_values(["counted", "own", "shared_m", "project_id"], ascending=[False, False, False, True], kind="stable")
    best = rank.drop_duplicates("row")
    for column in ("status", "kind", "project_id"):
        out.loc[best.row, {"project_id": "sliver_project"}.get(column, f"sliver_{column}")] = best[column].to_numpy()
    return ledger, out


def _together(ledger, index, counts, rules: dict):
    mine = index[counts[index]]
    area = {i: round(ledger.area_m2[i] * 100) for i in mine}
    land = round(ledger.project_land_m2[index[0]] * 100)
    total = sum(area.values())
    ledger.loc[index, "ratio_core"] = (total / 100) / ledger.project_land_m2[index[0]]
    ledger.loc[index, "ratio_with_slivers"] = (total / 100) / (ledger.project_land_m2[index[0]] + total / 100)
    limited = "max_total_ratio" in rules
    status = "eligible"
    if limited:
        passes = {d: _fits(total, land, d, rules) for d in rules["denominator"]}
        status = "eligible" if all(passes.values()) else "over_cumulative"
        if status != "eligible" and passes.get("with_slivers"):
            status = "eligible_if_total_includes_slivers"
    for i in mine:
        ledger.loc[i, "status"] = "unknown_construction_land" if ledger.land_unknown[i] else status
    if not limited:
        return
    pool = [i for i in mine if not ledger.land_unknown[i]]
    order = rules["selection"]["kind_order"]
    place = {kind: n for n, kind in enumerate(order)}
    pool.sort(key=lambda i: (place.get(ledger.kind[i], len(order)), -ledger.shared_ratio[i], area[i], ledger.parcel_id[i]))
    taken, how = choose([area[i] for i in pool], land, rules)
    for i, t in zip(pool, taken):
        ledger.loc[i, ["recommended", "selection"]] = ["yes" if t else "no", how]


def _fits(total: int, land: int, denominator: str, rules: dict) -> bool:
    ratio = Fraction(str(rules["max_total_ratio"]))
    limit = ratio * (land if denominator == "core" else land + total)
    return total <= limit if rules["max_total_inclusive"] else total < limit


def choose(areas: list[int], land: int, rules: dict) -> tuple[list[bool], str]:
    """The recommended plots of a list in order of priority, by looking at every set."""
    selection = rules["selection"]

    def fits(total):
        return _fits(int(total), land, selection["denominator"], rules)

    if fits(sum(areas)):
        return [True] * len(areas), "all"
    if len(areas) > selection["exact_up_to"]:
        return _one_by_one(areas, fits, selection["objective"]), "greedy"
    # A set is a number whose highest bit is the first plot, so that the greater of two equally good sets is preferred.
    sums, counts = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for size in reversed(areas):
        sums, counts = np.concatenate([sums, sums + size]), np.concatenate([counts, counts + 1])
    most = max(t for t in [0, *np.unique(sums)] if fits(t))
    good = np.flatnonzero(sums <= most)
    gain = {"priority": 0 * sums, "max_area": sums, "max_count": counts}[selection["objective"]][good]
    best = int(good[gain == gain.max()].max())
    return [bool(best >> (len(areas) - 1 - i) & 1) for i in range(len(areas))], "exact"


def _one_by_one(areas, fits, objective):
    order = list(range(len(areas)))
    if objective != "priority":
        order.sort(key=lambda i: areas[i] * (1 if objective == "max_count" else -1))
    taken, total = [False] * len(areas), 0
    for i in order:
        if fits(total + areas[i]):
            taken[i], total = True, total + areas[i]
    return taken


# --- Swaps ---------------------------------------------------------------------------------------------------------


def swaps(parcels, areas, projects, ledger: pd.DataFrame, rules: dict) -> pd.DataFrame:
    """Every pair of a left-over plot and a partner, ranked, and one plot in one pair."""
    swap, table = rules["swap"], parcels.table
    tested, _ = _tested(areas, rules["area_order"])
    tree = shapely.STRtree(parcels.geometry)
    planar, core = areas.area_planar_m2.to_numpy(), np.zeros(len(table), bool)
    for geometry in projects.geometry:
        rows = tree.query(geometry)
        inside = shapely.area(shapely.intersection(parcels.geometry[rows], geometry)) / planar[rows]
        core[rows[inside >= rules["core_min_share"]]] = True
    box = shapely.bounds(parcels.geometry)
    middle = np.column_stack([0.5 * (box[:, 0] + box[:, 2]), 0.5 * (box[:, 1] + box[:, 3])])
    values = table.get("land_value_wan", pd.Series(np.nan, table.index)).to_numpy(float)
    holders = table.get("holder_id", pd.Series(None, table.index, object))
    allowed = {frozenset(pair) for pair in swap["tenures"]}
    known = ("enclosed", "interlocking", "corner")
    pairs = []
    for k, project in enumerate(projects.table.project_id):
        beside = ledger[ledger.project_id == project]
        free = ~beside.status.isin(["artefact", "own_holder_merge", "other_project"]) & beside.kind.isin(known)
        subjects = [r for r in beside[free].row if table.is_construction_land[r] is not False]
        if not subjects:
            continue
        near = tree.query(projects.geometry[k], predicate="dwithin", distance=swap["reach_m"] + ROUNDING_M)
        partners = [r for r in near if not core[r] and r not in set(beside.row) and table.is_construction_land[r] is not False]
        for a in subjects:
            for b in partners:
                tenures = frozenset(t for t in (table.tenure[a], table.tenure[b]))
                unknown = any(pd.isna(t) for t in tenures)
                if (not unknown and tenures not in allowed) or (holders[a] is not None and holders[a] == holders[b]):
                    continue
                by_area, by_value = [_apart(v[a], v[b]) for v in (tested, values)]
                alike = [by_area[1] <= swap["area_tolerance"] * by_area[2] + 1e-6]
                alike.append(not np.isnan(by_value[0]) and by_value[1] <= swap["value_tolerance"] * by_value[2] + 1e-6)
                if any(alike):
                    least = by_area[0] if np.isnan(by_value[0]) else min(by_area[0], by_value[0])
                    own = projects.table.get("holder_id", pd.Series(None, projects.table.index, object))[k]
                    away = float(np.hypot(*(middle[a] - middle[b])))
                    key = (not (own is not None and own == holders[b]), not all(alike), unknown, least, away, table.parcel_id[a], table.parcel_id[b], project)
                    pairs.append((key, project, table.parcel_id[a], table.parcel_id[b], tested[a], tested[b], by_area[0], away))
    used, kept = set(), []
    for _, *pair in sorted(pairs, key=lambda p: p[0]):
        if not used & set(pair[1:3]):
            used |= set(pair[1:3])
            kept.append(pair)
    out = pd.DataFrame(kept, columns=["project_id", "parcel_id", "partner_id", "area_m2", "partner_area_m2", "area_difference", "distance_m"])
    out["rank"] = out.groupby("project_id").cumcount() + 1
    return out


def _apart(a: float, b: float) -> tuple[float, float, float]:
    """The difference over the larger, the difference, the larger."""
    most = max(a, b)
    return (abs(a - b) / most if most else 0.0), abs(a - b), most
