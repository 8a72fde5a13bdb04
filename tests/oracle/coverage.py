"""The faults of a coverage a second time, by GEOS: `coverage.py RUN_DIRECTORY`.

Overlaps by `intersection` of all pairs, gaps as the holes of `unary_union`, net ground as its area; compared with `ledger/coverage.parquet`. The limits are the
job's usual ones. A gap that the program closed by snapping corners (at most 0.01 m) may be no hole for GEOS; it is then looked for in the union of parcels that are
grown by that much. Prints what differs; exit 1 where something does.
"""

import sqlite3
import sys
from pathlib import Path

import numpy as np
import pandas
import shapely

MIN_OVERLAP_M2, MIN_OVERLAP_WIDTH_M = 0.1, 0.01
MIN_GAP_M2, MAX_GAP_M2, MAX_GAP_WIDTH_M, SNAP_M = 0.1, 100.0, 1.0, 0.01
NEAR_DUPLICATE = 0.95
NOISE_M2 = 1e-6


def width(shape):
    return 2.0 * shape.area / shape.length


def overlaps(ids, shapes):
    """Kind, both ids, area and width of every overlap within the limits."""
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    found = {}
    for p, q in zip(left, right):
        if p >= q:
            continue
        common = shapely.intersection(shapes[p], shapes[q])
        common = shapely.MultiPolygon([g for g in shapely.get_parts(common) if shapely.get_dimensions(g) == 2 and g.area > NOISE_M2])
        if common.is_empty or common.area < MIN_OVERLAP_M2 or width(common) < MIN_OVERLAP_WIDTH_M:
            continue
        share = common.area / max(shapes[p].area, shapes[q].area)
        kind = "duplicate" if share >= 1.0 - 1e-9 else "near_duplicate" if share > NEAR_DUPLICATE else "overlap"
        first, second = sorted([ids[p], ids[q]])
        found[(kind, first, second)] = (common.area, width(common))
    return found


def gaps(shapes):
    """The holes of all parcels together within the limits."""
    rings = [shapely.Polygon(ring) for part in shapely.get_parts(shapely.union_all(shapes)) for ring in part.interiors]
    # An island in a hole is a part of the union of its own.
    ground = shapely.union_all(shapes)
    holes = [shapely.difference(ring, ground) for ring in rings]
    parts = [part for hole in holes for part in shapely.get_parts(hole)]
    fits = lambda h: MIN_GAP_M2 <= h.area <= MAX_GAP_M2 and SNAP_M <= width(h) <= MAX_GAP_WIDTH_M
    return [part for part in parts if shapely.get_dimensions(part) == 2 and fits(part)]


def corners(ids, shapes):
    """Pairs with a corner of one at most SNAP_M from an edge of the other that they do not share, and more from its corners."""
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="dwithin", distance=SNAP_M)
    found = set()
    for p, q in zip(left, right):
        if p == q:
            continue
        points = shapely.points(shapely.get_coordinates(shapes[p]))
        other = shapely.multipoints(shapely.get_coordinates(shapes[q]))
        is_corner = lambda boundary: np.any((shapely.distance(points, boundary) <= SNAP_M) & (shapely.distance(points, other) > SNAP_M))
        if is_corner(shapely.boundary(shapes[q])) and is_corner(shapely.multilinestrings(list(edges(shapes[q]) - edges(shapes[p])))):
            found.add(tuple(sorted([ids[p], ids[q]])))
    return found


def edges(shape):
    """The edges of a polygon, each as its two ends in order."""
    rings = [shapely.get_coordinates(ring) for part in shapely.get_parts(shape) for ring in [part.exterior, *part.interiors]]
    return {tuple(sorted([tuple(a), tuple(b)])) for ring in rings for a, b in zip(ring, ring[1:])}


def drawn(path, kind):
    """The shapes of the error layer; a GeoPackage puts a header before the WKB, here with a box."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as layer:
        blobs = [blob for (blob,) in layer.execute("SELECT geom FROM coverage WHERE kind = ?", [kind])]
    envelope = [0, 32, 48, 48, 64]
    return [shapely.from_wkb(blob[8 + envelope[blob[3] >> 1 & 7] :]) for blob in blobs]


def main(run):
    columns = ["parcel_id", "area_planar_m2", "overlap_m2", "geometry"]
    inventory = pandas.read_parquet(run / "inventory.parquet", columns=columns)
    ids, shapes = inventory.parcel_id.to_numpy(), shapely.from_wkb(inventory.geometry.to_numpy())
    ledger = pandas.read_parquet(run / "ledger" / "coverage.parquet")
    told = ledger[ledger.kind.isin(["overlap", "duplicate", "near_duplicate"])]
    told = {(r.kind, r.parcel_id, r.other_id): (r.area_m2, r.width_m) for r in told.itertuples()}
    expected = overlaps(ids, shapes)
    faults = [f"{key}: GEOS {expected.get(key)}, program {told.get(key)}" for key in sorted(set(told) ^ set(expected))]
    for key in set(told) & set(expected):
        if not np.allclose(told[key], expected[key], rtol=1e-6, atol=1e-6):
            faults.append(f"{key}: GEOS {expected[key]}, program {told[key]}")
    own = drawn(run / "coverage.gpkg", "gap")
    holes = gaps(shapes)
    closed = gaps(shapely.buffer(shapes, 0.5 * SNAP_M, join_style="mitre"))
    for hole in holes:
        if not any(shapely.intersection(hole, gap).area > 0.99 * hole.area for gap in own):
            faults.append(f"gap of {hole.area:.6f} m², {width(hole):.4f} m wide, at {hole.representative_point()}: GEOS alone")
    for gap in own:
        exact = any(abs(hole.area - gap.area) < 1e-6 * gap.area + 1e-6 for hole in holes if hole.intersects(gap))
        snapped = any(shapely.intersection(hole, gap).area > 0.5 * hole.area for hole in closed if hole.intersects(gap))
        if not exact and not snapped:
            faults.append(f"gap of {gap.area:.6f} m², {width(gap):.4f} m wide, at {gap.representative_point()}: program alone")
    ground_m2, net_m2 = shapely.union_all(shapes).area, (inventory.area_planar_m2 - inventory.overlap_m2).sum()
    if not np.isclose(ground_m2, net_m2, rtol=1e-9, atol=1e-3):
        faults.append(f"net ground: GEOS {ground_m2}, program {net_m2}")
    junctions = ledger[ledger.kind == "t_junction"]
    junctions, places = set(zip(junctions.parcel_id, junctions.other_id)), corners(ids, shapes)
    faults += [f"corners of {pair}: {'program' if pair in junctions else 'GEOS'} alone" for pair in sorted(junctions ^ places)]
    print(f"{run}: {len(ids)} parcels, {len(expected)} overlaps, {len(holes)} gaps ({len(own)} of the program), {len(places)} pairs with corners, {ground_m2 - net_m2:.6f} m² of net ground apart")
    print("\n".join(faults[:40]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
