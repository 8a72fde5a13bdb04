"""Sliver plots beside redevelopment projects: `docs/method.md`, "Slivers"."""

import numpy as np
import pandas as pd
import shapely

import figures

COLUMNS = [
    "project_id", "parcel_id", "shared_m", "area_m2", "project_land_m2", "ratio_core", "ratio_with_slivers", "status",
]  # fmt: skip


def _edges(geometry) -> np.ndarray:
    """Edges (x0, y0, x1, y1) of every ring, without edges of no length."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)), return_index=True)
    pair = np.column_stack([xy[:-1], xy[1:]])[ring[1:] == ring[:-1]]
    return pair[(pair[:, :2] != pair[:, 2:]).any(axis=1)]


def shared_length(parcel, project_edges: np.ndarray, tree: shapely.STRtree, rules: dict) -> float:
    """Length of the parcel's boundary whose foot on a project edge lies within that edge, at most `snap_m` away."""
    edges = _edges(parcel)
    snap = rules["snap_m"]
    box = np.column_stack(
        [np.minimum(edges[:, :2], edges[:, 2:]) - snap, np.maximum(edges[:, :2], edges[:, 2:]) + snap]
    )
    mine, theirs = tree.query(shapely.box(*box.T))
    if len(mine) == 0:
        return 0.0
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
    total = 0.0
    for edge in np.unique(mine[good]):
        rows = good & (mine == edge)
        total += _union(low[rows], high[rows]) * size[rows][0]
    return float(total)


def _between(start, slope, low, high):
    """The t with low <= start + slope * t <= high, as an interval (empty: high < low)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t0, t1 = (low - start) / slope, (high - start) / slope
    flat = slope == 0.0
    inside = (start >= low) & (start <= high)
    first = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(t0, t1))
    last = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(t0, t1))
    return first, last


def _union(low: np.ndarray, high: np.ndarray) -> float:
    order = np.argsort(low)
    total, reach = 0.0, -np.inf
    for i in order:
        total += max(0.0, high[i] - max(low[i], reach))
        reach = max(reach, high[i])
    return total


def candidates(job, parcels, areas, projects, rules: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ledger, and `sliver_status` and `sliver_project` of every parcel."""
    best: dict[int, tuple[float, str, int]] = {}
    tree = shapely.STRtree(parcels.geometry)
    planar = areas.area_planar_m2.to_numpy()
    core = np.zeros(len(planar), bool)
    near = [tree.query(shapely.buffer(g, 10 * rules["snap_m"] + 1e-3)) for g in projects.geometry]
    inside = [np.zeros(0)] * len(near)
    for k, rows in enumerate(near):
        inside[k] = shapely.area(shapely.intersection(parcels.geometry[rows], projects.geometry[k])) / planar[rows]
        core[rows[inside[k] >= rules["core_min_share"]]] = True
    tested = areas[f"area_{rules['area_order'][0]}_m2"].copy()
    for kind in rules["area_order"][1:]:
        tested = tested.fillna(areas[f"area_{kind}_m2"])
    small = np.round(tested.to_numpy(), 2) <= rules["max_plot_m2"]
    for k, rows in enumerate(near):
        edges = _edges(projects.geometry[k])
        edge_tree = shapely.STRtree(shapely.linestrings(edges.reshape(-1, 2, 2)))
        for row in rows[small[rows] & ~core[rows]]:
            shared = shared_length(parcels.geometry[row], edges, edge_tree, rules)
            key = (-shared, projects.table.project_id[k], k)
            if shared > rules["min_shared_m"] and (row not in best or key < best[row]):
                best[row] = key
    land = _project_land(job, projects)
    rows = [(projects.table.project_id[k], parcels.table.parcel_id[r], -s, tested[r], land[k], r)
            for r, (s, _, k) in sorted(best.items())]  # fmt: skip
    ledger = pd.DataFrame(rows, columns=[*COLUMNS[:5], "row"])
    return _status(ledger, parcels, rules)


def _project_land(job, projects) -> np.ndarray:
    if job.spec.get("area", {}).get("method", "planar") == "ellipsoidal":
        return figures.survey_areas(figures.to_degrees(projects.geometry, job.compute, job.origin))
    return figures.planar_areas(projects.geometry)


def _status(ledger: pd.DataFrame, parcels, rules: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    flag = np.array([parcels.table.is_construction_land[r] for r in ledger.row], dtype=object)
    counted = ledger.area_m2.where(np.array([f is not False for f in flag], bool), 0.0)
    total = counted.groupby(ledger.project_id).transform("sum")
    ledger["ratio_core"] = total / ledger.project_land_m2
    ledger["ratio_with_slivers"] = total / (ledger.project_land_m2 + total)
    limit = rules["max_total_ratio"]
    both = (ledger.ratio_core <= limit) & (ledger.ratio_with_slivers <= limit)
    status = np.where(both, "eligible", np.where(
        ledger.ratio_with_slivers <= limit, "eligible_if_total_includes_slivers", "over_cumulative"))  # fmt: skip
    status = status.astype(object)
    status[[f is False for f in flag]] = "not_construction_land"
    status[[f is None for f in flag]] = "unknown_construction_land"
    ledger["status"] = status
    out = pd.DataFrame({"sliver_status": None, "sliver_project": None}, index=range(len(parcels.table)), dtype=object)
    out.loc[ledger.row, "sliver_status"] = ledger.status.to_numpy()
    out.loc[ledger.row, "sliver_project"] = ledger.project_id.to_numpy()
    return ledger, out
