#!/usr/bin/env python3
"""Shared areas of the overlay cases in the XML suites of GEOS and JTS, by GEOS through Shapely, that the Rust tests read.

    suites.py SUITES OUT.json      SUITES: ../shared/data/peer_tests

The suites' geometry is not copied: a row names a file and has, for each case in its order, the area that `a` and `b` share, or null where one
of them is missing, not polygonal, invalid or empty. What the suites say themselves (verdicts, results of overlays) the Rust test reads from them.
"""

import json
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

import numpy as np
import shapely


def geometry(text: str | None):
    text = (text or "").strip()
    if not text:
        return None
    try:
        hexadecimal = all(c in "0123456789abcdefABCDEF" for c in text)
        one = shapely.from_wkb(text) if hexadecimal else shapely.from_wkt(text)
    except shapely.errors.ShapelyError:
        return None
    if one is not None and one.geom_type == "GeometryCollection" and all(g.geom_type == "Polygon" for g in one.geoms):
        one = shapely.MultiPolygon(one.geoms)
    polygonal = one is not None and one.geom_type in ("Polygon", "MultiPolygon")
    return shapely.force_2d(one) if polygonal and one.is_valid and not one.is_empty else None


def shared(case) -> float | None:
    a, b = geometry(case.findtext("a")), geometry(case.findtext("b"))
    if a is None or b is None:
        return None
    # Seen from a whole number near them, which changes no bit of a coordinate: GEOS rounds new vertices to the last place of theirs.
    origin = np.trunc(a.bounds[:2])
    a, b = (shapely.transform(g, lambda xy: xy - origin) for g in (a, b))
    return float(shapely.intersection(a, b).area)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    suites = Path(sys.argv[1])
    rows = []
    for suite in ["geos", "jts"]:
        for path in sorted((suites / suite).rglob("*.xml")):
            areas = [shared(case) for case in tree.parse(path).getroot().iter("case")]
            if any(area is not None for area in areas):
                rows.append(json.dumps({"file": str(path.relative_to(suites)), "shared": areas}))
    head = {"command": "tests/oracle/suites.py SUITES OUT.json", "engines": f"GEOS {shapely.geos_version_string}"}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines.append(' "files": [\n' + ",\n".join("  " + row for row in rows) + "\n ]")
    Path(sys.argv[2]).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
