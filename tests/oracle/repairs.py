"""Invalid polygons: what they are repaired to, and on how much ground the repair decides.

The repair is GEOS `MakeValid` with method `structure`. The other reading is even-odd, and is not asked of `MakeValid`: the lines of
all rings cut the plane into faces, and a place of a face is ground where a way out of it crosses rings an odd number of times.
"""

import numpy as np
import shapely


def repair(geometry: np.ndarray) -> np.ndarray:
    """`MakeValid` with method `structure`; lines and points are dropped, what is left is one (multi)polygon."""
    fixed = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    for i, one in enumerate(fixed):
        if shapely.get_type_id(one) not in (3, 6):
            parts = [p for p in shapely.get_parts(one) if shapely.get_type_id(p) in (3, 6)]
            fixed[i] = shapely.union_all(parts) if parts else shapely.Polygon()
    return fixed


def even_odd_area(geometry) -> float:
    """What is ground by the even-odd rule, in m²."""
    return sum(area for area, _, odd in _faces(geometry) if odd)


def disputed(geometry, fixed) -> float:
    """The ground that the repair has and the even-odd rule does not, or the other way round, in m²."""
    shapely.prepare(fixed)
    return sum(area for area, place, odd in _faces(geometry) if bool(shapely.intersects(fixed, place)) != odd)


def too_large(geometry, fixed, limits: dict) -> bool:
    """Whether the repair decides on more than the job allows."""
    share = limits.get("repair_max_area_change_share", 0.001)
    return disputed(geometry, fixed) > max(limits.get("repair_max_area_change_m2", 1.0), share * fixed.area)


def _faces(geometry) -> list[tuple[float, shapely.Point, bool]]:
    """Area, a place and the even-odd reading of each face between the lines."""
    rings = _rings(geometry)
    lines = shapely.union_all([shapely.linestrings(ring) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize([lines]))
    places = [shapely.point_on_surface(face) for face in faces]
    return [(float(face.area), place, _crossed(place, rings) % 2 == 1) for face, place in zip(faces, places)]


def _rings(geometry) -> list[np.ndarray]:
    """The rings, each once: shells of any part, holes of one part."""
    known, rings = set(), []
    for number, part in enumerate(shapely.get_parts(geometry)):
        for place, ring in enumerate([part.exterior, *part.interiors]):
            corners = shapely.get_coordinates(ring)
            corners = corners[np.append(True, (np.diff(corners, axis=0) != 0).any(axis=1))]
            key = (number if place else None, _canonical(corners))
            if len(corners) >= 4 and key not in known:
                known.add(key)
                rings.append(corners)
    return rings


def _canonical(corners: np.ndarray) -> tuple:
    """A ring wherever it begins and whichever way it turns."""
    open_ring = [tuple(c) for c in corners[:-1].tolist()]
    turns = []
    for ring in (open_ring, open_ring[::-1]):
        turns += [tuple(ring[i:] + ring[:i]) for i in range(len(ring)) if ring[i] == min(ring)]
    return min(turns)


def _crossed(place: shapely.Point, rings: list[np.ndarray]) -> int:
    """Edges that a ray to the east crosses."""
    count = 0
    for ring in rings:
        (x, y), (u, v) = ring[:-1].T, ring[1:].T
        passes = (y > place.y) != (v > place.y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x + (place.y - y) / (v - y) * (u - x)
        count += int((passes & (at > place.x)).sum())
    return count
