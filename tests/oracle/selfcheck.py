#!/usr/bin/env python3
"""Figures small enough for a pencil, so that the oracle is itself checked. Exits 1 at the first that is wrong."""

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

import benefit
import figures
import oracle
import repairs
import rulebook
import slivers

EAST, NORTH = 40_500_000, 3_450_000

JOB = """
name = "pencil"
as_of = 2025-12-31
rules = []
[crs]
compute = "EPSG:4528"
[area]
method = "planar"
legal = ["registered", "geometric"]
[parcels]
path = "parcels.geojson"
[parcels.fields]
registered_area_m2 = { column = "mu", unit = "mu" }
[buildings]
path = "buildings.geojson"
[[zones]]
kind = "town"
path = "zones.geojson"
where = "zone_name LIKE '_'"
[projects]
path = "projects.geojson"
[[tables]]
kind = "enterprises"
path = "enterprises.csv"
[tables.fields]
tax_wan = { column = "tax_yuan", unit = "yuan" }
"""

ENTERPRISES = """enterprise_id,parcel_id,year,share,tax_yuan,scale
E1,A,2025,,"1,200,000",above
E1,B,2025,,"1,200,000",above
E2,B,2025,0.4,100000,below
E2,X,2025,0.6,100000,below
E3,A,2025,,10000,below
E3,A,2025,,20000,below
,A,2025,,5,below
"""


def layer(folder: Path, name: str, rows: list[tuple]):
    """A GeoJSON layer near 4.05e7; the coordinates of `rows` are local metres."""
    features = []
    for geometry, properties in rows:
        if geometry is not None:
            geometry = shapely.transform(geometry, lambda xy: xy + np.array([EAST, NORTH]))
            geometry = json.loads(shapely.to_geojson(geometry))
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4528"}}
    text = json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})
    (folder / f"{name}.geojson").write_text(text)


def write_job(folder: Path):
    box = shapely.box
    bow = shapely.Polygon([(300, 0), (310, 10), (310, 0), (300, 10)])

    def parcel(one, mu=None, town=None):
        return {"parcel_id": one, "mu": mu, "town": town}

    layer(folder, "parcels", [
        (box(0, 0, 100, 20), parcel("A")),
        (box(100, 0, 200, 100), parcel("B", mu=15.0, town="Nanxiang")),
        (box(100, 0, 200, 100), parcel("B", mu=15.0, town="Nanxiang")),
        (box(400, 0, 410, 10), parcel("D")),
        (box(400, 0, 410, 20), parcel("D")),
        (None, parcel("N")),
        (bow, parcel("W")),
        (box(500, 0, 510, 10), parcel(None)),
        (shapely.LineString([(0, 0), (1, 1)]), parcel("L")),
        (box(600, 0, 640, 40), parcel("O1")),
        (box(600, 0, 640, 40), parcel("O2")),
    ])  # fmt: skip

    def building(one, floors, height=None, above=True):
        return {"building_id": one, "floors": floors, "height_m": height, "above_ground": above}

    layer(folder, "buildings", [
        (box(80, 0, 120, 10), building("straddles", 3)),
        (box(150, 50, 170, 70), building("high storeys", 2, 20.0)),
        (box(190, 90, 210, 110), building("quarter inside", 1, 8.0)),
        (box(150, 50, 160, 60), building("cellar", None, above=False)),
        (box(610, 10, 620, 20), building("on parcels that overlap", 2)),
    ])  # fmt: skip
    layer(folder, "zones", [
        (box(0, 0, 150, 200), {"zone_name": "b"}),
        (box(140, 0, 160, 200), {"zone_name": "a"}),
        (box(0, 0, 900, 900), {"zone_name": "not this one"}),
    ])  # fmt: skip
    layer(folder, "projects", [(box(100, 0, 200, 180), {"project_id": "P"})])
    (folder / "enterprises.csv").write_text(ENTERPRISES)
    (folder / "job.toml").write_text(JOB)


def near(what: str, got, want, tolerance=1e-9):
    got = None if np.isscalar(got) and pd.isna(got) else got
    same = got == want if got is None or isinstance(want, (str, dict, list)) or want is None else abs(got - want) <= tolerance
    if not same:
        sys.exit(f"selfcheck: {what}: got {got!r}, want {want!r}")


def check_job(folder: Path) -> oracle.Result:
    result = oracle.compute(str(folder / "job.toml"))
    counts = result.layers["parcels"].counts()
    near("rejects", counts["rejected"], {
        "geometry.missing": 1, "geometry.not_polygonal": 1, "id.duplicate": 2, "id.missing": 1, "id.repeated": 1})  # fmt: skip
    near("kept", [counts["kept"], counts["repaired"]], [5, 1])
    rows = result.inventory.set_index("parcel_id")
    a, b, w = rows.loc["A"], rows.loc["B"], rows.loc["W"]
    for what, got, want in [
        ("planar", a.area_planar_m2, 2000.0), ("mu", a.area_mu, 3.0), ("registered", b.area_registered_m2, 10_000.0),
        ("basis", b.area_basis, "registered"), ("basis", a.area_basis, "planar"), ("bow tie", w.area_planar_m2, 50.0),
        ("floor area of half a building", a.floor_area_m2, 600.0), ("far", a.far, 0.3), ("density", a.building_density, 0.1),
        ("floor area with a doubled storey", b.floor_area_m2, 600.0 + 1600.0 + 100.0), ("footprint", b.footprint_m2, 700.0),
        ("no building", w.floor_area_m2, 0.0), ("no basis", w.far_basis, None), ("basis", a.far_basis, "floors"),
        ("overlapping parcels halve a building", rows.loc["O1"].floor_area_m2, 100.0),
        ("zone", a.zone_town, "inside"), ("zone", b.zone_town, "split"), ("zone", w.zone_town, "outside"),
        ("share", b.share_town, 0.6),
        ("tax by land area", a.tax_per_mu_wan, 20.0 / 3.0), ("tax by share", b.tax_per_mu_wan, (100.0 + 4.0) / 15.0),
        ("sliver", a.sliver_status, "unknown_construction_land"), ("project", a.sliver_project, "P"),
    ]:  # fmt: skip
        near(what, got, want)
    near("balance", {k: round(v, 9) for k, v in result.balance["tax_wan"].items()}, {"received": 132.0005, "assigned": 124.0, "unassigned": 8.0005})
    near("enterprise rejects", result.layers["enterprises"].rejected, {"row.duplicate": 2, "row.key_missing": 1})
    zones = result.ledgers["zone_shares"]
    found = zones[zones.parcel_id == "B"].set_index(zones.zone_name.fillna("-")[zones.parcel_id == "B"]).area_m2
    near("zone a comes first", found.to_dict(), {"a": 2000.0, "b": 4000.0, "-": 4000.0})
    one = result.ledgers["sliver_candidates"].iloc[0]
    near("shared boundary", one.shared_m, 20.0)
    near("ratio to the core", one.ratio_core, 2000 / 18000)
    near("ratio to the total", one.ratio_with_slivers, 0.1)
    quarter = result.ledgers["building_shares"].query("building_id == 'quarter inside'")
    near("outside row", sorted(quarter.share), [0.25, 0.75])
    return result


def check_score():
    """The golden score of `huangyan-2022`, the cuts, and ties."""
    rules = rulebook.ASSUMED["grading"]
    spec = rules["cohorts"]["above"]["indicators"]
    row = dict(zip([i["column"] for i in spec], [12.0, 100.0, 2.0, 3000.0, 15.0, 0.02]))
    graded = benefit.grade(pd.DataFrame([row | {"enterprises": 1, "scale": "above"}]), rules)
    near("score", graded.score[0], 65.4530, 5e-5)
    near("one parcel is in the best class", graded.grade[0], "A")
    small = {"enterprises": 1, "scale": "below", "tax_per_mu_wan": 6.0, "tax_per_mwh_wan": 0.2}
    near("score below scale", benefit.grade(pd.DataFrame([small]), rules).score[0], 68.3942, 5e-5)
    small["tax_per_mwh_wan"] = np.nan
    near("rescaled", benefit.grade(pd.DataFrame([small]), rules).score[0], 2 * 25.8772, 2e-4)
    near("outside the population", benefit.grade(pd.DataFrame([small | {"enterprises": 0}]), rules).grade[0], None)
    cuts = rulebook.ASSUMED["grading"]["cohorts"]["above"]["cuts"]
    letters = "".join(benefit._cut(np.arange(20.0, 0.0, -1.0), cuts, rulebook.ASSUMED["grading"]))
    near("cuts of 20", letters, "AAAA" + "B" * 13 + "CC" + "D")
    letters = "".join(benefit._cut(np.array([9.0, 7.0, 7.0, 5.0, 1.0]), cuts, rulebook.ASSUMED["grading"]))
    near("ties", letters, "ABBBB")


def check_areas():
    cell = shapely.box(121.0, 31.2, 121.001, 31.201)
    near("cell", float(figures.survey_areas(np.array([cell], object))[0]), 10_566.6165, 5e-5)
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 4, 4))
    near("hole", float(figures.planar_areas(np.array([ring], object))[0]), 96.0)


def check_repairs():
    """What a repair decides: nothing of a bow tie, the common ground of two parts, a hole twice as large as its shell allows."""
    box = shapely.box
    cases = [
        ("bow tie", shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), 50.0, 50.0, 0.0),
        ("parts", shapely.MultiPolygon([box(0, 0, 10, 10), box(5, 5, 15, 15)]), 175.0, 150.0, 25.0),
        ("part twice", shapely.MultiPolygon([box(0, 0, 10, 10), box(0, 0, 10, 10)]), 100.0, 100.0, 0.0),
        ("hole over the shell", shapely.Polygon(box(0, 0, 10, 10).exterior, [box(5, 0, 15, 10).exterior]), 50.0, 100.0, 50.0),
    ]
    for what, drawn, after, even_odd, decided in cases:
        fixed = repairs.repair(np.array([drawn], object))[0]
        near(what, [fixed.area, repairs.even_odd_area(drawn), repairs.disputed(drawn, fixed)], [after, even_odd, decided])
        near(what, repairs.too_large(drawn, fixed, {}), decided > 1.0)
    near("a limit of its own", repairs.too_large(cases[1][1], repairs.repair(np.array([cases[1][1]], object))[0], {"repair_max_area_change_m2": 25.0}), False)


def check_shared_length():
    rules = rulebook.ASSUMED["slivers"]
    square = shapely.box(0, 0, 100, 100)
    edges = slivers._edges(square)
    tree = shapely.STRtree(shapely.linestrings(edges.reshape(-1, 2, 2)))
    for what, plot, want in [
        ("whole side", shapely.box(100, 10, 110, 50), 40.0),
        ("gap within the snap", shapely.box(100.04, 10, 110, 50), 40.0),
        ("gap beyond the snap", shapely.box(100.06, 10, 110, 50), 0.0),
        ("corner only", shapely.box(100, 100, 110, 110), 0.0),
        ("past the corner", shapely.box(100, 90, 110, 120), 10.0),
    ]:
        near(what, slivers.shared_length(plot, edges, tree, rules), want, 1e-6)


def check_slivers():
    """Runs of shared boundary, length near a line, and the recommended plots."""
    rules = rulebook.ASSUMED["slivers"]
    notched = shapely.Polygon([(0, 0), (130, 0), (130, 20), (170, 20), (170, 0), (300, 0), (300, 300), (0, 300)])
    edges = slivers._edges(notched)
    tree = shapely.STRtree(shapely.linestrings(edges.reshape(-1, 2, 2)))
    for what, plot, want in [
        ("across a notch", shapely.box(120, -10, 180, 0), [10.0, 10.0]),
        ("in the notch", shapely.box(130, 0, 170, 20), [80.0]),
        ("around a corner", shapely.box(-50, -50, 400, 400).difference(shapely.box(-0.04, -0.04, 400, 400)), [300.0 + 130.0, 130.0]),
    ]:  # fmt: skip
        shared, runs = slivers.shared_runs(plot, notched, edges, tree, rules)
        for got, expected in zip(sorted(runs), sorted(want), strict=True):
            near(what, got, expected, 1e-6)
        near(what, shared, sum(want), 1e-6)
    line = slivers._edges(shapely.box(12, -50, 17, 50))
    near("near a line", slivers.length_near(shapely.box(0, 0, 10, 20), line, 2.0), 20.0, 1e-6)
    near("beside a corner", slivers.length_near(shapely.box(0, 0, 10, 10), slivers._edges(shapely.box(13, 14, 18, 19)), 6.0),
         20**0.5 - 3 + 27**0.5 - 4, 1e-9)  # fmt: skip
    for objective, want in [("priority", [True, False, False, True]), ("max_area", [False, True, True, False]), ("max_count", [True, False, False, True])]:
        chosen = slivers.choose([60, 50, 50, 10], 1000, rules | {"selection": rules["selection"] | {"objective": objective}})
        near(objective, list(chosen), [want, "exact"])


def write_run(result: oracle.Result, folder: Path):
    (folder / "ledger").mkdir(parents=True, exist_ok=True)
    result.inventory.to_parquet(folder / "inventory.parquet")
    for name, ledger in result.ledgers.items():
        ledger.sample(frac=1.0, random_state=1).to_parquet(folder / "ledger" / f"{name}.parquet")


def check_compare(result: oracle.Result, folder: Path):
    """`compare` passes its own figures and sees one wrong number, one wrong word and one lost row."""
    quiet = contextlib.redirect_stdout(io.StringIO())
    write_run(result, folder)
    with quiet:
        near("own figures", oracle.compare(result, folder, 1e-9, 1e-6), True)
    for what, change in [
        ("a wrong number", lambda t: t.assign(far=t.far + 2e-6)),
        ("a wrong word", lambda t: t.assign(zone_town="inside")),
        ("a lost row", lambda t: t.iloc[1:]),
        ("a lost column", lambda t: t.drop(columns="far")),
        ("a null", lambda t: t.assign(far=np.nan)),
    ]:
        change(result.inventory).to_parquet(folder / "inventory.parquet")
        with quiet:
            near(what, oracle.compare(result, folder, 1e-9, 1e-6), False)


def main():
    check_areas()
    check_score()
    check_repairs()
    check_shared_length()
    check_slivers()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_job(folder)
        check_compare(check_job(folder), folder / "run")
    print("selfcheck: all figures as by hand", file=sys.stderr)


if __name__ == "__main__":
    main()
