#!/usr/bin/env python3
"""The independent check: every figure of a job computed again with GEOS, PROJ and pandas.

    oracle.py totals JOB.toml > totals.json
    oracle.py compare JOB.toml RUN_DIR [--rtol 1e-9] [--atol 1e-6]

It follows `docs/method.md` and shares no code with the Rust program. `compare` exits 1 when a value differs.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pyogrio
import pyproj
import shapely

import benefit
import figures
import layers
import rulebook
import slivers


@dataclass
class Result:
    """What the oracle says about a job."""

    job: layers.Job
    layers: dict
    inventory: pd.DataFrame
    ledgers: dict[str, pd.DataFrame]
    balance: dict
    assumed: list[str]


def compute(job_path: str) -> Result:
    """All figures of a job, in the order of `docs/method.md`."""
    job = layers.Job.load(job_path)
    spec = job.spec
    rules, assumed = rulebook.load(spec.get("rules", []), spec.get("rules_for", {}), job.path.parent, spec["as_of"])
    read, ledgers = {"parcels": layers.read(job, spec["parcels"], "parcels")}, {}
    parcels = read["parcels"]
    areas = figures.measure_areas(job, parcels)
    passed = parcels.table[["town", "industry", "land_use"]]
    parts = [areas, passed]
    if "buildings" in spec:
        read["buildings"] = layers.read(job, spec["buildings"], "buildings")
        measured, ledgers["building_shares"] = figures.measure_buildings(
            job, parcels, read["buildings"], rules["indicators"]
        )
        measured["far"] = measured.floor_area_m2 / areas.area_m2
        measured["building_density"] = measured.footprint_m2 / areas.area_m2
        parts.append(measured)
    zone_ledgers = []
    for kind, entries in _by_kind(spec.get("zones", [])).items():
        zones = _stack([layers.read(job, e, "zones") for e in entries])
        read[f"zones/{kind}"] = zones
        ledger, states = figures.zone_shares(parcels, zones, kind, rules["zones"], areas.area_planar_m2.to_numpy())
        zone_ledgers.append(ledger)
        parts.append(states)
    if zone_ledgers:
        ledgers["zone_shares"] = pd.concat(zone_ledgers, ignore_index=True)
    balance = _benefit(job, spec, read, parcels, areas, rules, parts)
    if "projects" in spec:
        read["projects"] = layers.read(job, spec["projects"], "projects")
        ledgers["sliver_candidates"], states = slivers.candidates(
            job, parcels, areas, read["projects"], _zones_by_kind(read), rules["slivers"]
        )
        parts.append(states)
        if "swap" in rules["slivers"]:
            candidates = ledgers["sliver_candidates"]
            ledgers["swap_candidates"] = slivers.swaps(parcels, areas, read["projects"], candidates, rules["slivers"])
    return Result(job, read, pd.concat(parts, axis=1), ledgers, balance, assumed)


def _benefit(job, spec, read, parcels, areas, rules, parts: list) -> dict:
    entries = [t for t in spec.get("tables", []) if t["kind"] == "enterprises"]
    if not entries:
        return {}
    read["enterprises"] = _stack([layers.read(job, e, "enterprises") for e in entries])
    by_row = entries[0].get("figures") == "row"
    sums, balance = benefit.apportion(job, parcels, areas, read["enterprises"], by_row)
    years = benefit.window(spec["as_of"], rules["indicators"]["window_years"])
    ratios = benefit.per_mu(areas, sums, years, rules["indicators"]["min_years"])
    tenants = benefit.tenants(areas, read["enterprises"], years)
    parts += [ratios, tenants]
    facts = pd.concat(parts, axis=1)
    parts.append(benefit.grade(facts, rules["grading"]))
    return balance


def _zones_by_kind(read: dict) -> dict:
    return {name.removeprefix("zones/"): layer for name, layer in read.items() if name.startswith("zones/")}


def _by_kind(zones: list[dict]) -> dict[str, list[dict]]:
    out: dict[str, list[dict]] = {}
    for entry in zones:
        out.setdefault(entry["kind"], []).append(entry)
    return out


def _stack(parts: list[layers.Layer]) -> layers.Layer:
    """Several inputs of one kind as one."""
    if len(parts) == 1:
        return parts[0]
    table = pd.concat([p.table for p in parts], ignore_index=True)
    geometry = None if parts[0].geometry is None else np.concatenate([p.geometry for p in parts])
    out = layers.Layer(parts[0].kind, table, geometry, sum(p.rows for p in parts))
    if parts[0].dropped is not None:
        out.dropped = pd.concat([p.dropped for p in parts], ignore_index=True)
    for part in parts:
        out.repaired += part.repaired
        for reason, n in part.rejected.items():
            out.rejected[reason] = out.rejected.get(reason, 0) + n
    return out


# --- totals --------------------------------------------------------------------------------------------------------


def totals(result: Result) -> dict:
    """City totals; floats are printed with as many digits as bring the same double back."""
    inventory = result.inventory
    out = {
        "job": result.job.spec.get("name", result.job.path.parent.name),
        "command": f"tests/oracle/oracle.py totals tests/cities/{result.job.path.parent.name}/job.toml",
        "engines": {
            "shapely": shapely.__version__, "geos": shapely.geos_version_string,
            "pyproj": pyproj.__version__, "proj": pyproj.proj_version_str,
            "gdal": pyogrio.__gdal_version_string__,
        },
        "compute_crs": result.job.compute.to_string(),
        "layers": {name: layer.counts() for name, layer in result.layers.items()},
        "area": {
            "sum_planar_m2": _sum(inventory.area_planar_m2),
            "sum_ellipsoidal_m2": _sum(inventory.area_ellipsoidal_m2),
            "sum_geodesic_m2": _sum(inventory.area_geodesic_m2),
            "sum_registered_m2": _sum(inventory.area_registered_m2),
            "registered_known": int(inventory.area_registered_m2.notna().sum()),
            "sum_legal_m2": _sum(inventory.area_m2),
            "min_planar_m2": float(inventory.area_planar_m2.min()),
            "max_planar_m2": float(inventory.area_planar_m2.max()),
            "max_relative_survey_minus_geodesic": float(
                (inventory.area_ellipsoidal_m2 / inventory.area_geodesic_m2 - 1).abs().max()
            ),
        },
    }  # fmt: skip
    if "building_shares" in result.ledgers:
        out["buildings"] = _building_totals(inventory, result.ledgers["building_shares"])
    if "zone_shares" in result.ledgers:
        out["zones"] = _zone_totals(inventory, result.ledgers["zone_shares"])
    if result.balance:
        out["enterprises"] = result.balance
        out["grades"] = _histogram(inventory.grade)
    if "sliver_candidates" in result.ledgers:
        out["slivers"] = _histogram(result.ledgers["sliver_candidates"].status)
    return out


def _building_totals(inventory: pd.DataFrame, ledger: pd.DataFrame) -> dict:
    known = inventory.floor_area_m2.notna() & inventory.area_m2.notna()
    covered = inventory.footprint_m2.notna() & inventory.area_m2.notna()
    inside = ledger.parcel_id.notna()
    density_land = _sum(inventory.area_m2[covered])
    far_land = _sum(inventory.area_m2[known])
    return {
        "ledger_rows": len(ledger),
        "ledger_rows_outside": int((~inside).sum()),
        "area_inside_m2": _sum(ledger.area_m2[inside]),
        "area_outside_m2": _sum(ledger.area_m2[~inside]),
        "counted_floor_area_inside_m2": _sum(ledger.counted_floor_area_m2[inside]),
        "counted_floor_area_outside_m2": _sum(ledger.counted_floor_area_m2[~inside]),
        "rows_with_unknown_floors": int(ledger.counted_floor_area_m2.isna().sum()),
        "footprint_m2": _sum(inventory.footprint_m2),
        "parcels_with_density": int(covered.sum()),
        "building_density": _sum(inventory.footprint_m2[covered]) / density_land if density_land else None,
        "floor_area_m2": _sum(inventory.floor_area_m2),
        "parcels_with_far": int(known.sum()),
        "far": _sum(inventory.floor_area_m2[known]) / far_land if far_land else None,
        "far_basis": _histogram(inventory.far_basis),
    }


def _zone_totals(inventory: pd.DataFrame, ledger: pd.DataFrame) -> dict:
    out = {}
    for kind, rows in ledger.groupby("kind", sort=False):
        named = rows[rows.zone_name.notna()]
        out[kind] = {
            "states": _histogram(inventory[f"zone_{kind}"]),
            "ledger_rows": len(rows),
            "area_in_zones_m2": _sum(named.area_m2),
            "area_outside_m2": _sum(rows.area_m2[rows.zone_name.isna()]),
            "area_by_zone_m2": {k: _sum(v) for k, v in sorted(named.groupby("zone_name").area_m2)},
        }
    return out


def _sum(values) -> float | None:
    """A correctly rounded sum of the known values, so that the order of the rows is of no account; null if none is known."""
    known = [v for v in values if not np.isnan(v)]
    return math.fsum(known) if known or len(values) == 0 else None


def _histogram(values) -> dict[str, int]:
    names = ["null" if pd.isna(v) else str(v) for v in values]
    return {k: names.count(k) for k in sorted(set(names))}


# --- compare -------------------------------------------------------------------------------------------------------

INVENTORY = {
    "text": ["area_basis", "far_basis", "scale", "grade", "sliver_status", "sliver_kind", "sliver_project"],
    "passed": ["town", "industry", "land_use"],
    "number": [
        "area_m2", "area_planar_m2", "area_ellipsoidal_m2", "area_registered_m2", "area_mu", "footprint_m2",
        "floor_area_m2", "far", "building_density", "tax_per_mu_wan", "output_per_mu_wan", "invest_per_mu_wan",
        "revenue_per_mu_wan", "enterprises",
        "value_added_per_mu_wan", "value_added_per_tce_wan", "value_added_per_t_wan", "value_added_per_employee_wan",
        "rnd_share", "score",
    ],
}  # fmt: skip
LEDGERS = {
    "zone_shares": (["parcel_id", "kind", "zone_name"], ["area_m2", "share"], ["pieces"]),
    "building_shares": (
        ["building_id", "parcel_id"],
        ["area_m2", "share", "counted_floors", "counted_floor_area_m2"],
        ["basis"],
    ),
    "sliver_candidates": (
        ["project_id", "parcel_id"],
        ["shared_m", "area_m2", "project_land_m2", "ratio_core", "ratio_with_slivers", "perimeter_m", "shared_ratio",
         "hole_share", "hull_share", "line_share", "compactness", "inscribed_diameter_m"],
        ["kind", "status", "refused_by", "nature", "recommended", "selection", "area_basis", "runs", "hard_to_develop",
         "signs", "road_access"],
    ),
    "swap_candidates": (
        ["project_id", "parcel_id", "partner_id"],
        ["area_m2", "partner_area_m2", "area_difference", "distance_m"],
        ["rank"],
    ),
}


class Report:
    """One line a column; `failed` is true when any line is bad."""

    def __init__(self, rtol: float, atol: float):
        self.rtol, self.atol, self.failed = rtol, atol, False
        print(f"{'table':<20}{'column':<32}{'rows':>8}{'max abs':>12}{'max rel':>12}{'differ':>8}  first")

    def line(self, table, column, rows, worst, relative, bad, first=""):
        self.failed |= bad > 0
        print(f"{table:<20}{column:<32}{rows:>8}{worst:>12.3g}{relative:>12.3g}{bad:>8}  {first}")

    def number(self, table, column, keys, ours, theirs):
        ours, theirs = ours.to_numpy(float), theirs.to_numpy(float)
        off = np.abs(ours - theirs)
        # Both search, and stop where a wider circle is no longer worth finding.
        atol = 0.3 if column == "inscribed_diameter_m" else self.atol
        both = ~np.isnan(off)
        with np.errstate(divide="ignore", invalid="ignore"):
            rel = np.where(off == 0.0, 0.0, off / np.abs(ours))
        bad = (np.isnan(ours) != np.isnan(theirs)) | (both & (off > atol + self.rtol * np.abs(ours)))
        first = ""
        if bad.any():
            i = int(np.argmax(bad))
            first = f"{keys[i]}: oracle {ours[i]!r}, run {theirs[i]!r}"
        top = [float(v[both].max()) if both.any() else 0.0 for v in (off, rel)]
        self.line(table, column, len(ours), *top, int(bad.sum()), first)

    def text(self, table, column, keys, ours, theirs):
        ours, theirs = [[None if pd.isna(v) else str(v) for v in s] for s in (ours, theirs)]
        bad = [i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b]
        first = f"{keys[bad[0]]}: oracle {ours[bad[0]]}, run {theirs[bad[0]]}" if bad else ""
        self.line(table, column, len(ours), 0.0, 0.0, len(bad), first)


def compare(result: Result, run_dir: Path, rtol: float, atol: float) -> bool:
    """Prints the table of columns; true when all agree."""
    report = Report(rtol, atol)
    run = _read(run_dir / "inventory.parquet", report, "inventory")
    if run is not None:
        _compare_inventory(report, result, run)
    for name, (key, numbers, texts) in LEDGERS.items():
        if name not in result.ledgers:
            continue
        run = _read(run_dir / "ledger" / f"{name}.parquet", report, name)
        if run is not None:
            _compare_ledger(report, name, result, run, key, numbers, texts)
    if result.assumed:
        print("rule numbers assumed, because no pack of the job gives them:", ", ".join(result.assumed))
    return not report.failed


def _read(path: Path, report: Report, name: str) -> pd.DataFrame | None:
    if not path.is_file():
        report.line(name, "(file)", 0, 0.0, 0.0, 1, f"{path.name} is missing")
        return None
    table = pyarrow.parquet.read_table(path)
    drop = [c for c in table.column_names if c in ("geometry", "geom", "bbox")]
    return table.drop_columns(drop).to_pandas()


def _align(report, name, ours, theirs, key) -> tuple[pd.DataFrame, pd.DataFrame, list]:
    """The rows both have, in one order; the rows only one has are a mismatch."""
    absent = [k for k in key if k not in theirs]
    if absent:
        report.line(name, ",".join(absent), 0, 0.0, 0.0, 1, "key column is missing")
        return ours.iloc[:0], theirs.iloc[:0], []
    sides = []
    for frame in (ours, theirs):
        label = frame[key].astype(object).where(frame[key].notna(), "\0").astype(str).agg("\x1f".join, axis=1)
        sides.append(frame.set_index(label) if len(frame) else frame.set_index(pd.Index([], dtype=str)))
    ours, theirs = sides
    again = theirs.index.duplicated().sum() + ours.index.duplicated().sum()
    only_ours, only_theirs = ours.index.difference(theirs.index), theirs.index.difference(ours.index)
    if name in ("zone_shares", "building_shares") and "area_m2" in theirs:
        # An overlap of almost exactly the ledger's limit may fall on either side of it.
        only_ours, only_theirs = (
            i[~(f.area_m2.reindex(i) <= figures.EPSILON_M2 + report.atol).to_numpy()] if f.index.is_unique else i
            for i, f in ((only_ours, ours), (only_theirs, theirs))
        )
    first = [f"only in {w}: {_label(i[0])}" for w, i in (("oracle", only_ours), ("run", only_theirs)) if len(i)]
    bad = len(only_ours) + len(only_theirs) + int(again)
    report.line(name, "(rows)", len(theirs), 0.0, 0.0, bad, "; ".join(first) or ("repeated keys" if again else ""))
    both = ours.index.intersection(theirs.index)
    pick = [s[~s.index.duplicated()].loc[both] for s in (ours, theirs)]
    return pick[0], pick[1], [_label(v) for v in both]


def _label(key: str) -> str:
    return key.replace("\x1f", "/").replace("\0", "null")


def _compare_inventory(report: Report, result: Result, run: pd.DataFrame):
    ours, theirs, keys = _align(report, "inventory", result.inventory, run, ["parcel_id"])
    shares = [c for c in ours if c.startswith("share_")]
    states = [c for c in ours if c.startswith("zone_")]
    passed = [c for c in INVENTORY["passed"] if ours[c].notna().any()] if len(ours) else []
    for column in INVENTORY["number"] + shares + INVENTORY["text"] + states + passed:
        if column not in ours:
            continue
        if column not in theirs:
            report.line("inventory", column, 0, 0.0, 0.0, 1, "column is missing")
        elif column in INVENTORY["number"] or column in shares:
            report.number("inventory", column, keys, ours[column], theirs[column])
        else:
            report.text("inventory", column, keys, ours[column], theirs[column])


def _compare_ledger(report: Report, name, result: Result, run, key, numbers, texts):
    ours = result.ledgers[name]
    if name == "building_shares" and result.layers["buildings"].made_id:
        # The ids are the program's own: the rows of a parcel are paired in the order of their areas.
        key = ["parcel_id", "place"]
        ours, run = _place(ours), _place(run)
    ours, theirs, keys = _align(report, name, ours, run, key)
    for column in numbers + texts:
        if column not in theirs:
            report.line(name, column, 0, 0.0, 0.0, 1, "column is missing")
        elif column in numbers:
            report.number(name, column, keys, ours[column], theirs[column])
        else:
            report.text(name, column, keys, ours[column], theirs[column])


def _place(frame: pd.DataFrame) -> pd.DataFrame:
    ordered = frame.sort_values("area_m2", kind="stable")
    return ordered.assign(place=ordered.groupby("parcel_id", dropna=False).cumcount())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("totals", help="print the totals of a job as JSON")
    one.add_argument("job")
    two = commands.add_parser("compare", help="compare a run directory with the oracle, column by column")
    two.add_argument("job")
    two.add_argument("run_dir", type=Path)
    two.add_argument("--rtol", type=float, default=1e-9)
    two.add_argument("--atol", type=float, default=1e-6)
    args = parser.parse_args()
    result = compute(args.job)
    if args.command == "totals":
        json.dump(totals(result), sys.stdout, indent=1, ensure_ascii=False)
        print()
        return 0
    return 0 if compare(result, args.run_dir, args.rtol, args.atol) else 1


if __name__ == "__main__":
    sys.exit(main())
