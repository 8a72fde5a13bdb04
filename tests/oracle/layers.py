"""Reading and validating a job's inputs: `docs/method.md`, "Rows that enter".

Every row that comes in is kept, or rejected with one reason, named by the finding code of `docs/findings.md`.
Geometry is returned in the compute CRS minus an integral origin. That subtraction is exact for coordinates near
4e7, and it matters: GEOS rounds every computed vertex to the spacing of its coordinates, which is 7e-9 m at 4e7
but 4e-12 m at 3e4, and an overlay area inherits that times the length of its boundary.
"""

import hashlib
import json
import sqlite3
import tomllib
import unicodedata
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyogrio
import pyproj
import pyproj.network
import shapely

import repairs

# No grid is fetched, and a grid that is not here is not worth a line for each layer.
pyproj.network.set_network_enabled(False)
warnings.filterwarnings("ignore", message="Best transformation is not available")

UNITS = {
    "m2": 1.0, "mu": 2000.0 / 3.0, "hectare": 1e4, "ft2": 0.3048**2, "km2": 1e6,
    "yuan": 1e-4, "wan": 1.0, "yi": 1e4, "tce": 1.0, "kgce": 1e-3, "t": 1.0, "kg": 1e-3, "m": 1.0, "%": 0.01,
}  # fmt: skip

MAPPING = Path(__file__).resolve().parents[2] / "data" / "mapping" / "fields.toml"
FIELDS = tomllib.loads(MAPPING.read_text("utf-8")) if MAPPING.is_file() else {}

TEXT = {
    "parcels": ["parcel_id", "town", "industry", "land_use", "tenure", "holder_id"],
    "buildings": ["building_id", "parcel_id", "use"],
    "zones": ["zone_name"],
    "projects": ["project_id", "project_name", "holder_id"],
    "enterprises": ["enterprise_id", "parcel_id", "scale"],
}
NUMBERS = {
    "parcels": ["registered_area_m2", "land_value_wan"],
    "buildings": ["floors", "floors_below", "height_m", "floor_area_m2", "footprint_m2"],
    "zones": [],
    "projects": [],
    "enterprises": [
        "year", "share", "tax_wan", "output_wan", "invest_wan", "value_added_wan", "revenue_wan",
        "energy_tce", "emission_t", "rnd_wan", "employees", "electricity_mwh",
    ],
}  # fmt: skip
FLAGS = {
    "parcels": ["is_construction_land"], "buildings": ["above_ground"], "zones": [], "projects": [],
    "enterprises": ["veto"],
}  # fmt: skip
# Below zero these are unknown, whether or not the mapping says so.
NOT_NEGATIVE = {"floors", "floors_below", "floor_area_m2", "footprint_m2", "share", "employees"}
ID = {"parcels": "parcel_id", "buildings": "building_id", "projects": "project_id"}
YES = {"true", "1", "yes", "t", "y", "是"}
NO = {"false", "0", "no", "f", "n", "否"}


@dataclass
class Layer:
    """One input after validation: canonical columns, and geometry (None for a table) in the same row order."""

    kind: str
    table: pd.DataFrame
    geometry: np.ndarray | None
    rows: int
    repaired: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    made_id: bool = False
    dropped: pd.DataFrame | None = None  # rows of a table that were rejected, but for copies

    def counts(self) -> dict:
        return {
            "rows": self.rows, "kept": len(self.table), "repaired": self.repaired,
            "rejected": dict(sorted(self.rejected.items())),
        }  # fmt: skip


@dataclass
class Job:
    path: Path
    spec: dict
    compute: pyproj.CRS | None = None
    origin: tuple[float, float] | None = None

    @staticmethod
    def load(path: str) -> "Job":
        path = Path(path).resolve()
        return Job(path, tomllib.loads(path.read_text("utf-8")))

    def resolve(self, entry: dict) -> list[Path]:
        """The files of an input, in a fixed order."""
        raw = entry["path"]
        found = []
        for one in raw if isinstance(raw, list) else [raw]:
            full = self.path.parent / one
            folder = full.is_dir() and full.suffix.lower() != ".gdb"
            found += sorted(p for p in full.iterdir() if _is_data(p)) if folder else [full]
        return found


def _is_data(path: Path) -> bool:
    wanted = {".gpkg", ".shp", ".geojson", ".json", ".parquet", ".fgb", ".csv", ".xlsx", ".topojson", ".tab", ".vrt"}
    return path.suffix.lower() in wanted


def read(job: Job, entry: dict, kind: str) -> Layer:
    """One validated input of a job."""
    tables, wkbs, crss = [], [], []
    for path in job.resolve(entry):
        table, wkb, crs = _open(path, entry)
        tables.append(table)
        wkbs += wkb if wkb is not None else []
        crss.append(crs)
    raw = pa.concat_tables(tables, promote_options="permissive")
    has_geometry = bool(wkbs) or any(c is not None for c in crss)
    if "where" in entry:
        keep = where_true(raw, entry["where"])
        raw = raw.take(pa.array(keep))
        wkbs = [wkbs[i] for i in keep] if has_geometry else wkbs
    table = _canonical(raw, entry, kind)
    if not has_geometry:
        return _table_layer(table, raw, kind)
    return _geometry_layer(job, entry, kind, table, raw, wkbs, crss[0])


def _open(path: Path, entry: dict):
    """Attributes, geometry as WKB (None = no geometry column) and CRS of one file."""
    if not path.exists():
        raise SystemExit(f"no such file: {path}")
    if path.suffix.lower() == ".csv":
        return _open_csv(path, entry.get("encoding")), None, None
    if path.suffix.lower() == ".parquet":
        return _open_parquet(path)
    options = {"layer": entry["layer"]} if "layer" in entry else {}
    if "encoding" in entry:
        options["encoding"] = entry["encoding"]
    # GDAL's fast Arrow reader for GeoPackage takes row ids to have no gaps if the row count stored in the file equals the
    # highest id (OSGeo/gdal#9018). Where that count is stale it returns rows twice (GDAL 3.12.4, Spanish parcels: 264 rows
    # for 186, no error), so it is switched off here and the row ids are checked.
    pyogrio.set_gdal_config_options({"OGR_GPKG_STREAM_BASE_IMPL": True})
    meta, table = pyogrio.read_arrow(path, return_fids=True, **options)
    fid = next(c for c in (meta["fid_column"], "OGC_FID", "fid") if c and c in table.column_names)
    if len(set(table.column(fid).to_pylist())) != table.num_rows:
        raise SystemExit(f"{path}: GDAL returned a row more than once")
    table = table.drop_columns([fid])
    column = meta["geometry_name"] or "wkb_geometry"
    if column not in table.column_names:
        return table, None, None
    crs = pyproj.CRS(meta["crs"]) if meta["crs"] else None
    wkb = table.column(column).to_pylist()
    return table.drop_columns([column]), wkb, crs or "none"


def _open_csv(path: Path, encoding: str | None) -> pa.Table:
    if encoding is None:
        encoding = "utf-8-sig"
        try:
            path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            encoding = "gb18030"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
    return pa.table({c: pa.array(frame[c].tolist(), pa.string()) for c in frame.columns})


def _open_parquet(path: Path):
    table = pa.parquet.read_table(path)
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    if not geo:
        return table, None, None
    column = geo["primary_column"]
    info = geo["columns"][column]
    if info.get("encoding", "WKB") != "WKB":
        raise SystemExit(f"{path}: only WKB GeoParquet is read here")
    crs = pyproj.CRS.from_json_dict(info["crs"]) if info.get("crs") else pyproj.CRS("OGC:CRS84")
    drop = [c for c in table.column_names if c == column or c == "bbox"]
    return table.drop_columns(drop), table.column(column).to_pylist(), crs


def where_true(raw: pa.Table, condition: str) -> list[int]:
    """Rows for which a SQL condition is true (not false, not unknown); LIKE is case-sensitive as in standard SQL."""
    database = sqlite3.connect(":memory:")
    database.execute("PRAGMA case_sensitive_like = ON")
    names = [n.replace('"', '""') for n in raw.column_names]
    database.execute("CREATE TABLE t (i INTEGER, " + ", ".join(f'"{n}"' for n in names) + ")")
    plain = [[_sqlite_value(v) for v in raw.column(n).to_pylist()] for n in raw.column_names]
    marks = ", ".join("?" * (len(names) + 1))
    database.executemany(f"INSERT INTO t VALUES ({marks})", zip(range(raw.num_rows), *plain))
    return [row[0] for row in database.execute(f"SELECT i FROM t WHERE ({condition}) ORDER BY i")]


def _sqlite_value(value):
    return value if value is None or isinstance(value, (int, float, str, bytes)) else str(value)


def _canonical(raw: pa.Table, entry: dict, kind: str) -> pd.DataFrame:
    """Canonical columns in canonical units; a column the source does not have is all null."""
    out = {}
    for name in TEXT[kind] + NUMBERS[kind] + FLAGS[kind]:
        known = next((f for f in FIELDS.get(kind, []) if f["name"] == name), {})
        source, unit = _source(raw, entry.get("fields", {}).get(name), name, known)
        values = raw.column(source).to_pylist() if source is not None else [None] * raw.num_rows
        if name in TEXT[kind]:
            words = {_plain(w): k for k, ws in known.get("words", {}).items() for w in [k, *ws]}
            texts = [_text(v) for v in values]
            out[name] = np.array([words.get(_plain(v), v) if v is not None else None for v in texts], dtype=object)
        elif name in NUMBERS[kind]:
            out[name] = _numbers(values, UNITS[unit] if unit else 1.0, name, known)
        else:
            out[name] = np.array([_flag(v) for v in values], dtype=object)
    frame = pd.DataFrame({k: pd.Series(v, dtype=object if v.dtype == object else float) for k, v in out.items()})
    frame.attrs["has_id"] = ID.get(kind) is None or any(v is not None for v in out[ID[kind]])
    return frame


def _source(raw: pa.Table, spec, name: str, known: dict) -> tuple[str | None, str | None]:
    """The source column of a field and its unit: as the job says, else by its canonical name, else by a known one."""
    if spec is not None:
        source, unit = (spec["column"], spec.get("unit")) if isinstance(spec, dict) else (spec, None)
        if source not in raw.column_names:
            raise SystemExit(f"field {name}: the source has no column {source!r}, only {raw.column_names}")
        return source, unit
    have = {_plain(n): n for n in reversed(raw.column_names)}
    for one in [name, *known.get("names", [])]:
        one, unit = (one["name"], one["unit"]) if isinstance(one, dict) else (one, None)
        if _plain(one) in have:
            return have[_plain(one)], unit
    return None, None


def _plain(name: str) -> str:
    """A name without case, width, spaces, `_` and `-`."""
    return unicodedata.normalize("NFKC", name).lower().translate(str.maketrans("", "", " _-"))


def _numbers(values: list, factor: float, name: str, known: dict) -> np.ndarray:
    """Numbers in the canonical unit; one that cannot be for its field is unknown."""
    out = np.array([_number(v) for v in values], dtype=float) * factor
    low = known.get("min", 0.0 if name in NOT_NEGATIVE else -np.inf)
    above = known.get("above", 0.0 if name == "registered_area_m2" else -np.inf)
    possible = np.isfinite(out) & (out >= low) & (out > above) & (out <= known.get("max", np.inf))
    return np.where(possible, out, np.nan)


def _text(value) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _number(value) -> float:
    if value is None:
        return np.nan
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return float(unicodedata.normalize("NFKC", str(value)).strip().replace(",", ""))
    except ValueError:
        return np.nan


def _flag(value) -> bool | None:
    word = "" if value is None else str(value).strip().lower()
    return True if word in YES else False if word in NO else None


def _row_keys(table: pd.DataFrame, wkbs: list | None, rows: list[int]) -> list[tuple]:
    """What makes two rows equal: every attribute that is read and the geometry as it came."""
    part = table.iloc[rows]
    columns = [part[n].tolist() for n in part.columns]
    geometry = [wkbs[i] for i in rows] if wkbs else [None] * len(rows)
    return [tuple(map(repr, values)) for values in zip(geometry, *columns)]


def _duplicates(ids: list, table: pd.DataFrame, wkbs: list | None) -> tuple[set[int], set[int]]:
    """Rows that repeat an earlier row exactly, and rows whose id is shared by rows that differ."""
    groups: dict = {}
    for row, one in enumerate(ids):
        if one is not None:
            groups.setdefault(one, []).append(row)
    repeated, conflict = set(), set()
    for rows in (g for g in groups.values() if len(g) > 1):
        keys = _row_keys(table, wkbs, rows)
        (repeated.update(rows[1:]) if len(set(keys)) == 1 else conflict.update(rows))
    return repeated, conflict


def _reject(layer: Layer, reasons: list, repeated: set[int], code: str = "id.repeated") -> np.ndarray:
    """Counts the reasons and returns the mask of rows to keep."""
    keep = np.ones(layer.rows, bool)
    for row, reason in enumerate(reasons):
        if reason is not None:
            layer.rejected[reason] = layer.rejected.get(reason, 0) + 1
            keep[row] = False
        elif row in repeated:
            layer.rejected[code] = layer.rejected.get(code, 0) + 1
            keep[row] = False
    return keep


def _table_layer(table: pd.DataFrame, raw: pa.Table, kind: str) -> Layer:
    """A table without geometry: enterprises, or a building register keyed by parcel."""
    layer = Layer(kind, table, None, len(table))
    if kind == "enterprises":
        triple = [None if e is None or np.isnan(y) else (e, p, y)
                  for e, p, y in zip(table.enterprise_id, table.parcel_id, table.year)]  # fmt: skip
        missing, conflict_reason = "row.key_missing", "row.duplicate"
    else:
        layer.made_id = not table.attrs["has_id"]
        # A building may stand on several parcels; one without a name is like no other.
        triple = [(row, None) if one is None else (one, parcel)
                  for row, one, parcel in zip(range(len(table)), table[ID[kind]], table.parcel_id)]  # fmt: skip
        missing, conflict_reason = "row.key_missing", "row.duplicate"
    repeated, conflict = _duplicates(triple, table, None)
    reasons = [missing if t is None else conflict_reason if i in conflict else None for i, t in enumerate(triple)]
    keep = _reject(layer, reasons, repeated, "row.repeated")
    layer.table = table[keep].reset_index(drop=True)
    layer.dropped = table[[r is not None for r in reasons]].reset_index(drop=True)
    return layer


def _geometry_layer(job, entry, kind, table, raw, wkbs, file_crs) -> Layer:
    layer = Layer(kind, table, None, len(table))
    if not table.attrs["has_id"]:
        layer.made_id = True
        table[ID[kind]] = [None if w is None else "made-" + hashlib.sha256(w).hexdigest()[:20] for w in wkbs]
    geometry = shapely.force_2d(shapely.from_wkb(np.array(wkbs, dtype=object), on_invalid="fix"))
    crs = pyproj.CRS(entry["crs"]) if "crs" in entry else file_crs
    if crs == "none":
        raise SystemExit(f"{entry['path']}: the file carries no CRS and the job names none")
    reasons = _geometry_reasons(geometry, wkbs)
    usable = np.array([r is None for r in reasons])
    geometry[usable] = _project(job, geometry[usable], crs)
    for row in np.flatnonzero(usable):
        if not np.isfinite(shapely.bounds(geometry[row])).all():
            reasons[row] = "geometry.not_projected"
    usable = np.array([r is None for r in reasons])
    invalid = np.flatnonzero(usable)[~shapely.is_valid(geometry[usable])] if usable.any() else np.array([], int)
    drawn = geometry[invalid].copy()
    geometry[invalid] = repairs.repair(geometry[invalid])
    flat = set(np.flatnonzero(usable)[shapely.area(geometry[usable]) == 0.0].tolist())
    reasons = ["geometry.no_area" if i in flat else r for i, r in enumerate(reasons)]
    for row, before in zip(invalid, drawn):
        if reasons[row] is None and repairs.too_large(before, geometry[row], job.spec.get("validate", {})):
            reasons[row] = "geometry.repair_too_large"
    repeated, conflict = _identity(kind, table, wkbs)
    for row in range(layer.rows):
        if reasons[row] is None and kind in ID and table[ID[kind]][row] is None:
            reasons[row] = "id.missing"
        if reasons[row] is None and row in conflict:
            reasons[row] = "id.duplicate"
    keep = _reject(layer, reasons, repeated)
    layer.repaired = int(keep[invalid].sum())
    layer.table = table[keep].reset_index(drop=True)
    layer.geometry = geometry[keep]
    return layer


def _identity(kind: str, table: pd.DataFrame, wkbs: list) -> tuple[set[int], set[int]]:
    if kind in ID:
        return _duplicates(list(table[ID[kind]]), table, wkbs)
    # A zone has no id: only rows that are equal in everything are repetitions.
    repeated, _ = _duplicates(_row_keys(table, wkbs, list(range(len(table)))), table, wkbs)
    return repeated, set()


def _geometry_reasons(geometry: np.ndarray, wkbs: list) -> list[str | None]:
    reasons: list[str | None] = []
    finite = np.ones(len(geometry), bool)
    xy, index = shapely.get_coordinates(geometry, return_index=True)
    finite[index[~np.isfinite(xy).all(axis=1)]] = False
    kinds = shapely.get_type_id(geometry)
    empty = shapely.is_empty(geometry)
    for i, one in enumerate(geometry):
        if one is None:
            # WKB that is there but cannot be a polygon is a ring of fewer than three places.
            reasons.append("geometry.missing" if wkbs[i] is None else "geometry.no_area")
        elif empty[i]:
            reasons.append("geometry.missing")
        elif kinds[i] not in (3, 6):
            reasons.append("geometry.not_polygonal")
        else:
            reasons.append(None if finite[i] else "geometry.not_finite")
    return reasons


def _project(job: Job, geometry: np.ndarray, crs: pyproj.CRS) -> np.ndarray:
    """Vertex by vertex into the compute CRS, minus the job's integral origin (set by the first layer read)."""
    xy = shapely.get_coordinates(geometry)
    if job.compute is None:
        job.compute = compute_crs(job.spec.get("crs", {}).get("compute", "auto"), crs, xy)
    if not crs.equals(job.compute, ignore_axis_order=True):
        to_compute = pyproj.Transformer.from_crs(crs, job.compute, always_xy=True)
        xy = np.column_stack(to_compute.transform(xy[:, 0], xy[:, 1]))
    if job.origin is None:
        ok = xy[np.isfinite(xy).all(axis=1)]
        job.origin = tuple(np.rint((ok.min(axis=0) + ok.max(axis=0)) / 2.0)) if len(ok) else (0.0, 0.0)
    return shapely.set_coordinates(geometry, xy - np.array(job.origin))


def compute_crs(name: str, source: pyproj.CRS, xy: np.ndarray) -> pyproj.CRS:
    """The CRS of a job; `auto` is the CGCS2000 3-degree zone (no zone prefix) of the centre of the data."""
    if name != "auto":
        return pyproj.CRS(name)
    centre = (np.nanmin(xy, axis=0) + np.nanmax(xy, axis=0)) / 2.0
    lon, _ = pyproj.Transformer.from_crs(source, "EPSG:4490", always_xy=True).transform(*centre)
    return pyproj.CRS.from_epsg(4534 + (int(round(lon / 3.0)) * 3 - 75) // 3)
