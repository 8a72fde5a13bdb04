#!/usr/bin/env python3
"""Golden answers of GEOS, PROJ and GeographicLib that the Rust tests read.

    golden.py OUT_DIR      writes areas.json, overlaps.json and validity.json (always the same bytes)

Every polygon is WKT with exact decimal coordinates. Answers are computed after subtracting an integral local origin,
which is exact; at 4.05e7 itself GEOS would round every new vertex to 7e-9 m.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pyproj
import shapely
import shapely.affinity

import figures
import repairs

ORIGIN = (40_500_000.0, 3_450_000.0)
SEED = 20250101


# --- areas.json ----------------------------------------------------------------------------------------------------


def cells() -> list[dict]:
    """The two cells of known area (longitude, latitude), by the series and by the closed form."""
    out = []
    for name, south, north, width, known in [
        ("cell 31.200-31.201 N x 0.001 degree", 31.2, 31.201, 0.001, 10_566.6165),
        ("cell 31-32 N x 1 degree", 31.0, 32.0, 1.0, 10_533_542_701.6),
    ]:
        cell = shapely.box(121.0, south, 121.0 + width, north)
        series = float(figures.survey_areas(np.array([cell], object))[0])
        out.append({"name": name, "south": south, "north": north, "width_deg": width, "published_m2": known,
                    "survey_m2": series, "closed_form_m2": closed_form(south, north, width)})  # fmt: skip
    return out


def closed_form(south: float, north: float, width: float) -> float:
    """Area between two parallels: b^2 dL / 2 [sin B / (1 - e^2 sin^2 B) + artanh(e sin B) / e]."""
    b = np.longdouble("6356752.314140")
    e2 = np.longdouble("0.00669438002290")
    e = np.sqrt(e2)

    def zone(latitude: float):
        s = np.sin(np.radians(np.longdouble(latitude)))
        return s / (1 - e2 * s * s) + np.arctanh(e * s) / e

    return float(b * b * np.radians(np.longdouble(width)) / 2 * (zone(north) - zone(south)))


# (name, EPSG, metres east of the central meridian, northing, shape, size in metres)
GRID = [
    ("box, 100 m, on the meridian", 4528, 0, 3_454_000, "box", 100),
    ("box, 3 mu, 0.5 degree off", 4528, 47_600, 3_454_000, "box", math.sqrt(2000)),
    ("box, 3 mu, 1.5 degrees off", 4528, 142_900, 3_454_000, "box", math.sqrt(2000)),
    ("box, 1 m, 1 degree off", 4528, -95_300, 3_454_000, "box", 1),
    ("triangle, 300 m, 1.5 degrees west", 4528, -142_900, 3_454_000, "triangle", 300),
    ("ring with a hole, 800 m", 4528, 60_000, 3_600_000, "hole", 800),
    ("strip 2 m x 3 km", 4528, 120_000, 3_300_000, "strip", 3000),
    ("county, 40 km", 4528, 100_000, 3_400_000, "many", 40_000),
    ("box, 100 m, no zone prefix", 4549, 0, 3_454_000, "box", 100),
    ("pentagon, 250 m, 1.5 degrees off", 4549, 142_900, 3_454_000, "many5", 250),
    ("box, 3 degrees off, outside the zone", 4549, 285_700, 3_454_000, "box", 1000),
    ("two parts, north, 500 m", 4549, 50_000, 5_000_000, "parts", 500),
    ("box, 20 m, south China", 4549, -30_000, 2_400_000, "box", 20),
    ("district, 20 km, 49 edges", 4549, -80_000, 3_100_000, "many49", 20_000),
]  # fmt: skip


def grid_polygons() -> list[dict]:
    out = []
    for name, epsg, east, north, shape, size in GRID:
        crs = pyproj.CRS.from_epsg(epsg)
        false_easting = {4528: 40_500_000.0, 4549: 500_000.0}[epsg]
        origin = (false_easting + east, float(north))
        local = np.array([rounded(shape_of(shape, size))], object)
        degrees = figures.to_degrees(local, crs, origin)
        survey = float(figures.survey_areas(degrees)[0])
        geodesic = float(figures.geodesic_areas(degrees)[0])
        planar = float(figures.planar_areas(local)[0])
        out.append({"name": name, "epsg": epsg, "wkt": wkt(moved(local[0], origin)), "planar_m2": planar,
                    "survey_m2": survey, "geodesic_m2": geodesic,
                    "survey_vs_geodesic": survey / geodesic - 1, "planar_vs_survey": planar / survey - 1})  # fmt: skip
    return out


def shape_of(kind: str, size: float):
    if kind == "box":
        return shapely.box(0, 0, size, size)
    if kind == "triangle":
        return shapely.Polygon([(0, 0), (size, size / 3), (size / 4, size)])
    if kind == "hole":
        return shapely.box(0, 0, size, size).difference(shapely.box(size / 4, size / 4, size / 2, size / 3))
    if kind == "strip":
        return shapely.Polygon([(0, 0), (size, size / 2), (size - 1, size / 2 + 1.8), (-1, 1.8)])
    if kind == "parts":
        return shapely.union_all([shapely.box(0, 0, size, size / 2), shapely.box(2 * size, 0, 3 * size, size)])
    n = int(kind.removeprefix("many") or 24)
    turn = np.arange(n) * 2 * math.pi / n
    radius = size / 2 * (1 + 0.3 * np.sin(3 * turn))
    return shapely.Polygon(np.column_stack([radius * np.cos(turn), radius * np.sin(turn)]))


# --- overlaps.json -------------------------------------------------------------------------------------------------


def rounded(geometry, step: float = 2.0**-12):
    """Coordinates on a binary grid: exact in decimal, exact after adding the origin, and short to print."""
    return shapely.transform(geometry, lambda xy: np.round(xy / step) * step)


def moved(geometry, origin=ORIGIN):
    return shapely.transform(geometry, lambda xy: xy + np.array(origin))


def wkt(geometry) -> str:
    """WKT with every coordinate as the shortest decimal that reads back as the same double."""

    def ring(r):
        return "(" + ", ".join(f"{repr(float(x))} {repr(float(y))}" for x, y in r.coords) + ")"

    def polygon(p):
        return "(" + ", ".join(ring(r) for r in shapely.get_rings(p)) + ")"

    if geometry.is_empty:
        return "POLYGON EMPTY"
    if geometry.geom_type == "Polygon":
        return "POLYGON " + polygon(geometry)
    return "MULTIPOLYGON (" + ", ".join(polygon(p) for p in geometry.geoms) + ")"


def star(rng, cx: float, cy: float, size: float, n: int):
    """A polygon that cannot cross itself: rising angles round a centre."""
    turn = np.sort(rng.uniform(0, 2 * math.pi, n))
    radius = rng.uniform(0.3, 1.0, n) * size
    return rounded(shapely.Polygon(np.column_stack([cx + radius * np.cos(turn), cy + radius * np.sin(turn)])))


def box(rng, size: float):
    x, y, w, h = rng.uniform(-size, size, 2).tolist() + rng.uniform(size / 4, size, 2).tolist()
    return rounded(shapely.box(x, y, x + w, y + h))


def pairs(rng) -> list[tuple[str, object, object]]:
    """About 300 named pairs in local metres."""
    out = []

    def add(name, a, b):
        if a.is_valid and b.is_valid and not a.is_empty and not b.is_empty:
            out.append((name, a, b))

    for _ in range(50):
        add("boxes", box(rng, 100), box(rng, 100))
    for _ in range(60):
        add("stars", star(rng, 0, 0, 80, int(rng.integers(4, 14))), star(rng, 30, 20, 80, int(rng.integers(4, 14))))
    for _ in range(30):
        a = star(rng, 0, 0, 100, 9)
        hole = rounded(shapely.affinity.scale(a, 0.4, 0.4, origin=(0, 0))) if a.contains(shapely.Point(0, 0)) else None
        ring = shapely.Polygon(a.exterior, [hole.exterior]) if hole is not None and a.contains_properly(hole) else a
        add("hole", ring, star(rng, 15, 5, 70, 7))
    for _ in range(30):
        many = shapely.MultiPolygon([box(rng, 30), rounded(shapely.box(200, 0, 230, 40)), rounded(shapely.box(300, 5, 390, 9))])
        add("multipart", many, rounded(shapely.box(-50, -10, float(rng.uniform(10, 350)), 20)))
    for _ in range(30):
        # Neighbours cut from one polygon by one line: they share the edge exactly where the cut meets given vertices.
        a = star(rng, 0, 0, 90, 10)
        xy = list(a.exterior.coords)[:-1]
        i, j = sorted(rng.choice(len(xy), 2, replace=False).tolist())
        one, two = xy[i : j + 1], xy[j:] + xy[: i + 1]
        if len(one) > 2 and len(two) > 2:
            add("shared edge", shapely.Polygon(one), shapely.Polygon(two))
    for k in range(15):
        add("touching corner", shapely.box(0, 0, 10 + k, 10), shapely.box(10 + k, 10, 30 + k, 25))
    for k in range(15):
        # Boxes side by side with a partial common edge.
        add("partial edge", shapely.box(0, 0, 20, 10 + k), shapely.box(20, 3, 45, 8 + k / 2))
    for k in range(25):
        # Overlap strips of 1e-6 m and up. 2^-20 m is 0.95e-6 m, which the doubles at 4e7 (2^-27 m) hold exactly.
        width = 2.0**-20 * (k + 1)
        add("sliver overlap", shapely.box(0, 0, 50, 30), shapely.box(50 - width, -5, 90, 35))
    for k in range(15):
        # A sliver polygon 2^-20 m wide across a parcel.
        add("sliver polygon", shapely.box(0, 0, 60, 40), shapely.box(10 + k, -10, 10 + k + 2.0**-20, 60))
    for k in range(15):
        # Nearly collinear long edges: the crossing is badly conditioned.
        tilt = 2.0 ** -(6 + k % 8)
        add("grazing edges", shapely.Polygon([(0, 0), (400, 0), (400, 50), (0, 50)]),
            shapely.Polygon([(-10, -tilt), (410, tilt), (410, -40), (-10, -40)]))  # fmt: skip
    for _ in range(15):
        a = star(rng, 0, 0, 60, 8)
        add("same polygon", a, shapely.reverse(a))
    for _ in range(10):
        a = star(rng, 0, 0, 60, 8)
        add("contained", a, rounded(shapely.affinity.scale(a, 0.5, 0.5, origin=(0, 0))))
    for k in range(10):
        hole = shapely.box(20, 20, 40, 40)
        add("fills the hole", shapely.box(0, 0, 60, 60).difference(hole), shapely.box(20, 20, 40 - k, 40))
    return out


def overlaps() -> list[dict]:
    rng = np.random.default_rng(SEED)
    rows = []
    for name, a, b in pairs(rng):
        rows.append({"name": name, "a": wkt(moved(a)), "b": wkt(moved(b)), "area_m2": float(a.intersection(b).area)})
        back = shapely.transform(shapely.from_wkt(rows[-1]["a"]), lambda xy: xy - np.array(ORIGIN))
        assert shapely.equals_identical(back, a), "the printed coordinates must be exact"
    return rows


# --- validity.json -------------------------------------------------------------------------------------------------


def invalid_shapes(rng) -> list[tuple[str, object]]:
    poly, multi = shapely.Polygon, shapely.MultiPolygon
    out = [
        ("bow tie", poly([(0, 0), (10, 10), (10, 0), (0, 10)])),
        ("bow tie, unequal", poly([(0, 0), (30, 10), (30, 0), (0, 20)])),
        ("hole outside", poly(shapely.box(0, 0, 10, 10).exterior, [shapely.box(20, 20, 25, 25).exterior])),
        ("hole crosses the shell", poly(shapely.box(0, 0, 10, 10).exterior, [shapely.box(5, 5, 15, 8).exterior])),
        ("hole equals the shell", poly(shapely.box(0, 0, 10, 10).exterior, [shapely.box(0, 0, 10, 10).exterior])),
        ("hole in hole", poly(shapely.box(0, 0, 20, 20).exterior,
                              [shapely.box(2, 2, 18, 18).exterior, shapely.box(5, 5, 9, 9).exterior])),
        ("holes overlap", poly(shapely.box(0, 0, 20, 20).exterior,
                               [shapely.box(2, 2, 10, 10).exterior, shapely.box(6, 6, 15, 15).exterior])),
        ("holes share an edge", poly(shapely.box(0, 0, 20, 20).exterior,
                                     [shapely.box(2, 2, 10, 10).exterior, shapely.box(10, 2, 15, 10).exterior])),
        ("hole shares an edge with the shell", poly(shapely.box(0, 0, 20, 20).exterior,
                                                    [shapely.box(0, 5, 8, 10).exterior])),
        ("parts overlap", multi([shapely.box(0, 0, 10, 10), shapely.box(5, 5, 15, 15)])),
        ("parts share an edge", multi([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])),
        ("part in part", multi([shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4)])),
        ("same part twice", multi([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10)])),
        ("part in the hole of a part, overlapping it", multi(
            [shapely.box(0, 0, 20, 20).difference(shapely.box(5, 5, 15, 15)), shapely.box(4, 4, 10, 10)])),
        ("spike", poly([(0, 0), (10, 0), (10, 10), (10, 25), (10, 10), (0, 10)])),
        ("inward spike", poly([(0, 0), (10, 0), (10, 10), (5, 10), (5, 4), (5, 10), (0, 10)])),
        ("doubled back edge", poly([(0, 0), (10, 0), (5, 0), (10, 0), (10, 10), (0, 10)])),
        ("no area: line there and back", poly([(0, 0), (10, 10), (0, 0), (10, 10)])),
        ("no area: one line", poly([(0, 0), (5, 5), (10, 10)])),
        ("ring wound twice", poly([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (10, 0), (10, 10), (0, 10)])),
        ("loop of the same direction inside", poly(
            [(0, 0), (20, 0), (20, 20), (0, 20), (0, 0), (5, 5), (15, 5), (15, 15), (5, 15), (5, 5)])),
        ("loop of the other direction inside", poly(
            [(0, 0), (20, 0), (20, 20), (0, 20), (0, 0), (5, 5), (5, 15), (15, 15), (15, 5), (5, 5)])),
        ("touches itself along an edge", poly(
            [(0, 0), (20, 0), (20, 20), (10, 20), (10, 10), (5, 10), (10, 10), (10, 20), (0, 20)])),
        ("inverted: ear outside by a point", poly([(0, 0), (10, 0), (10, 5), (15, 0), (15, 10), (10, 5), (10, 10), (0, 10)])),
        ("figure of eight, three loops", poly([(0, 0), (10, 10), (20, 0), (30, 10), (30, 0), (20, 10), (10, 0), (0, 10)])),
    ]  # fmt: skip
    turn = np.arange(5) * 4 * math.pi / 5
    out.append(("pentagram", rounded(poly(np.column_stack([50 * np.cos(turn), 50 * np.sin(turn)])))))
    turn = np.arange(7) * 6 * math.pi / 7
    out.append(("heptagram", rounded(poly(np.column_stack([50 * np.cos(turn), 50 * np.sin(turn)])))))
    while len(out) < 70:
        n = int(rng.integers(5, 13))
        one = rounded(poly(rng.uniform(-50, 50, (n, 2))))
        if not one.is_valid:
            out.append(("random ring", one))
    while len(out) < 85:
        shell, hole = star(rng, 0, 0, 60, 8), star(rng, 20, 10, 50, 6)
        one = poly(shell.exterior, [hole.exterior])
        if not one.is_valid:
            out.append(("random hole over the shell", one))
    while len(out) < 100:
        one = multi([star(rng, 0, 0, 60, 7), star(rng, 25, 10, 60, 7), star(rng, -20, 30, 40, 5)])
        if not one.is_valid:
            out.append(("random parts", one))
    return out


def valid_shapes(rng) -> list[tuple[str, object]]:
    poly, multi = shapely.Polygon, shapely.MultiPolygon
    out = [
        ("box", shapely.box(0, 0, 10, 10)),
        ("box, clockwise", shapely.reverse(shapely.box(0, 0, 10, 10))),
        ("repeated vertices", poly([(0, 0), (10, 0), (10, 0), (10, 10), (0, 10), (0, 10)])),
        ("vertex in a straight edge", poly([(0, 0), (5, 0), (10, 0), (10, 10), (0, 10)])),
        ("hole", poly(shapely.box(0, 0, 10, 10).exterior, [shapely.box(2, 2, 4, 4).exterior])),
        ("hole touches the shell in a point", poly(shapely.box(0, 0, 10, 10).exterior, [[(0, 5), (3, 4), (3, 6)]])),
        ("hole touches the shell in a vertex", poly(shapely.box(0, 0, 10, 10).exterior, [[(0, 0), (3, 1), (1, 3)]])),
        ("holes touch in a point", poly(shapely.box(0, 0, 20, 20).exterior,
                                        [shapely.box(2, 2, 8, 8).exterior, shapely.box(8, 8, 12, 12).exterior])),
        ("parts touch in a point", multi([shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20)])),
        ("parts touch in two points", multi([poly([(0, 0), (10, 0), (10, 10)]), poly([(0, 0), (10, 10), (0, 10), (2, 6)])])),
        ("part in the hole of a part", multi(
            [shapely.box(0, 0, 20, 20).difference(shapely.box(5, 5, 15, 15)), shapely.box(7, 7, 10, 10)])),
        ("part touches the hole it lies in", multi(
            [shapely.box(0, 0, 20, 20).difference(shapely.box(5, 5, 15, 15)), poly([(5, 10), (9, 8), (9, 12)])])),
        ("gap of a micrometre", multi([shapely.box(0, 0, 10, 10), shapely.box(10 + 2.0**-20, 0, 20, 10)])),
        ("needle", poly([(0, 0), (1000, 2.0**-10), (1000, 2.0**-9)])),
    ]  # fmt: skip
    out = [(n, g) for n, g in out if g.is_valid]
    while len(out) < 60:
        out.append(("star", star(rng, 0, 0, 60, int(rng.integers(4, 16)))))
    while len(out) < 80:
        shell, hole = star(rng, 0, 0, 60, 10), star(rng, 0, 0, 15, 6)
        one = poly(shell.exterior, [hole.exterior])
        if one.is_valid:
            out.append(("star with a hole", one))
    while len(out) < 100:
        one = multi([star(rng, 0, 0, 60, 7), star(rng, 90, 60, 50, 7)])
        if one.is_valid:
            out.append(("two stars", one))
    return [(n, g) for n, g in out if g.is_valid]


def validity() -> list[dict]:
    rng = np.random.default_rng(SEED + 1)
    rows = []
    for name, geometry in invalid_shapes(rng) + valid_shapes(rng):
        fixed = geometry if geometry.is_valid else repairs.repair(np.array([geometry], object))[0]
        rows.append({"name": name, "wkt": wkt(moved(geometry)), "valid": bool(geometry.is_valid),
                     "reason": shapely.is_valid_reason(geometry).split("[")[0], "repaired_area_m2": float(fixed.area),
                     "even_odd_area_m2": repairs.even_odd_area(geometry), "disputed_m2": repairs.disputed(geometry, fixed)})  # fmt: skip
    return rows


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(sys.argv[1])
    head = {
        "command": "tests/oracle/golden.py OUT_DIR",
        "engines": f"GEOS {shapely.geos_version_string}, PROJ {pyproj.proj_version_str} (GeographicLib)",
    }
    note = f"coordinates = local metres + {ORIGIN}; areas computed in local metres, exactly the same polygons"
    dump(out / "areas.json", head | {"cells": cells(), "polygons": grid_polygons()})
    dump(out / "overlaps.json", head | {"note": note, "pairs": overlaps()})
    dump(out / "validity.json", head | {"note": note, "polygons": validity()})
    return 0


def dump(path: Path, content: dict):
    """One row a line, so that a changed answer is a changed line."""
    lines = []
    for key, value in content.items():
        if isinstance(value, list):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f" {json.dumps(key)}: [\n{rows}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
