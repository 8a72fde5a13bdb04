"""The core job with DuckDB and its spatial extension, in SQL as somebody writes it who has read the plans: spatial joins, an intersection only where
one does not cover the other, large zones cut into tiles."""

import sys
from pathlib import Path

import duckdb
import duckdb_extension_spatial

import core


def connect(threads: int) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(config={"threads": threads})
    extension = next(Path(duckdb_extension_spatial.__file__).parent.rglob(f"v{duckdb.__version__}/spatial.duckdb_extension"))
    db.execute(f"LOAD '{extension}'")
    return db


def fields(layer: dict, *names: str) -> str:
    return ", ".join(f'"{core.Job.field(layer, name)}" AS {name}' for name in names)


def source(layer: dict) -> str:
    # The name of a GeoPackage's geometry column is the file's own.
    named = f", layer = '{layer['layer']}'" if layer.get("layer") else ""
    return f"ST_Read('{layer['path']}'{named})"


def read(db: duckdb.DuckDBPyConnection, job: core.Job) -> None:
    def table(name: str, layer: dict, *names: str, where: str = "true") -> None:
        geometry = next(row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {source(layer)}").fetchall() if row[1].startswith("GEOMETRY"))
        columns = ", ".join(filter(None, [fields(layer, *names), f'"{geometry}" AS geom']))
        db.execute(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {source(layer)} WHERE {where}")

    table("parcel_rows", job.parcels, "parcel_id", "registered_area_m2", "is_construction_land")
    table("building_rows", job.buildings, "floors", "height_m", "above_ground", "floor_area_m2")
    table("projects", job.projects, "project_id")
    for number, zone in enumerate(job.zones):
        table(f"zone_{number}", {"fields": {}, **zone}, where=zone.get("where") or "true")
    figures = ", ".join(f"{name}_wan" for name in core.FIGURES)
    types = ", ".join(f"'{name}': 'DOUBLE'" for name in ["share", *(f"{name}_wan" for name in core.FIGURES)])
    db.execute(f"""
        CREATE TEMP TABLE enterprises AS SELECT enterprise_id, parcel_id, share, {figures}
        FROM read_csv('{job.enterprises}', header = true, auto_detect = true, all_varchar = false, sample_size = 2048,
                      types = {{'enterprise_id': 'VARCHAR', 'parcel_id': 'VARCHAR', {types}}}) WHERE year = {job.year}""")


BUILDINGS = f"""
CREATE TEMP TABLE parcels AS SELECT rowid AS p, *, ST_Area(geom) AS planar_m2, coalesce(registered_area_m2, ST_Area(geom)) AS area_m2 FROM parcel_rows;
CREATE TEMP TABLE buildings AS
    SELECT rowid AS b, geom, ST_Area(geom) AS m2, coalesce(above_ground, true) AS above,
        CASE WHEN NOT coalesce(above_ground, true) THEN 0 WHEN floor_area_m2 IS NOT NULL THEN floor_area_m2
             WHEN floors > 0 AND height_m / floors > {core.DOUBLE_HEIGHT_M} THEN 2 * floors * ST_Area(geom) ELSE floors * ST_Area(geom) END AS counted_m2
    FROM building_rows;
-- Two joins whose conditions are prepared cost less than one and a test of each of its pairs.
CREATE TEMP TABLE meet AS SELECT p.p, b.b FROM parcels p JOIN buildings b ON ST_Intersects(b.geom, p.geom);
CREATE TEMP TABLE inside AS SELECT p.p, b.b FROM parcels p JOIN buildings b ON ST_Within(b.geom, p.geom);
CREATE TEMP TABLE shares AS SELECT * FROM (
    SELECT i.p, b.b, b.above, b.counted_m2, b.m2 AS whole_m2, b.geom, b.m2 FROM inside i JOIN buildings b USING (b)
    UNION ALL
    SELECT m.p, b.b, b.above, b.counted_m2, b.m2, b.geom, ST_Area(ST_Intersection(p.geom, b.geom))
    FROM meet m ANTI JOIN inside i ON m.p = i.p AND m.b = i.b JOIN parcels p ON p.p = m.p JOIN buildings b ON b.b = m.b) WHERE m2 > 1e-6;
-- Each join with one spatial condition alone: with others beside it the planner takes a nested loop.
CREATE TEMP TABLE upright AS SELECT b, geom FROM buildings WHERE above;
CREATE TEMP TABLE touching AS SELECT x.b AS x, y.b AS y, x.geom AS xgeom, y.geom AS ygeom FROM upright x JOIN upright y ON ST_Intersects(x.geom, y.geom);
CREATE TEMP TABLE stacked AS SELECT DISTINCT unnest([x, y]) AS b FROM touching WHERE x < y AND ST_Area(ST_Intersection(xgeom, ygeom)) > 1e-6;
CREATE TEMP TABLE united AS
    SELECT s.p, ST_Area(ST_Union_Agg(ST_Intersection(p.geom, s.geom))) AS m2
    FROM shares s JOIN stacked USING (b) JOIN parcels p ON p.p = s.p WHERE s.above GROUP BY s.p;
CREATE TEMP TABLE built AS
    SELECT p, sum(CASE WHEN above AND stacked.b IS NULL THEN m2 ELSE 0 END) AS single_m2,
        CASE WHEN count(*) = count(counted_m2) THEN sum(counted_m2 * (m2 / whole_m2)) END AS floor_area_m2
    FROM shares LEFT JOIN stacked USING (b) GROUP BY p;
"""


def cut(db: duckdb.DuckDBPyConnection, number: int) -> None:
    """Zones cut in halves, again and again, until every piece has few vertices; united before where they overlap."""
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE meeting AS SELECT x.z AS x, y.z AS y, x.geom AS xgeom, y.geom AS ygeom
        FROM (SELECT rowid AS z, geom FROM zone_{number}) x JOIN (SELECT rowid AS z, geom FROM zone_{number}) y ON ST_Intersects(x.geom, y.geom)""")
    if db.execute("SELECT count(*) FROM meeting WHERE x < y AND ST_Area(ST_Intersection(xgeom, ygeom)) > 1e-6").fetchone()[0]:
        db.execute(f"CREATE OR REPLACE TEMP TABLE zone_{number} AS SELECT ST_Union_Agg(geom) AS geom FROM zone_{number}")
    db.execute(f"CREATE TEMP TABLE tiles_{number} AS SELECT geom FROM zone_{number} WHERE ST_NPoints(geom) <= {core.TILE_VERTICES}")
    db.execute(f"CREATE OR REPLACE TEMP TABLE large AS SELECT geom FROM zone_{number} WHERE ST_NPoints(geom) > {core.TILE_VERTICES}")
    while db.execute("SELECT count(*) FROM large").fetchone()[0]:
        db.execute("""
            CREATE OR REPLACE TEMP TABLE pieces AS
            WITH boxed AS (SELECT geom, ST_XMin(geom) AS x0, ST_XMax(geom) AS x1, ST_YMin(geom) AS y0, ST_YMax(geom) AS y1 FROM large),
            halves AS (SELECT geom, unnest(CASE WHEN x1 - x0 > y1 - y0
                THEN [ST_MakeEnvelope(x0, y0, (x0 + x1) / 2, y1), ST_MakeEnvelope((x0 + x1) / 2, y0, x1, y1)]
                ELSE [ST_MakeEnvelope(x0, y0, x1, (y0 + y1) / 2), ST_MakeEnvelope(x0, (y0 + y1) / 2, x1, y1)] END) AS half FROM boxed)
            SELECT ST_Intersection(geom, half) AS geom FROM halves""")
        db.execute(f"INSERT INTO tiles_{number} SELECT geom FROM pieces WHERE ST_NPoints(geom) <= {core.TILE_VERTICES} AND ST_Area(geom) > 0")
        db.execute(f"CREATE OR REPLACE TEMP TABLE large AS SELECT geom FROM pieces WHERE ST_NPoints(geom) > {core.TILE_VERTICES}")


def share(db: duckdb.DuckDBPyConnection, number: int) -> None:
    db.execute(f"""
        CREATE TEMP TABLE share_{number} AS
        SELECT p.p, sum(CASE WHEN ST_Covers(t.geom, p.geom) THEN p.planar_m2 ELSE ST_Area(ST_Intersection(p.geom, t.geom)) END) / any_value(p.planar_m2) AS share
        FROM tiles_{number} t JOIN parcels p ON ST_Intersects(p.geom, t.geom) GROUP BY p.p""")


SLIVERS = f"""
CREATE TEMP TABLE cores AS SELECT DISTINCT p.p FROM parcels p JOIN projects j ON ST_Intersects(p.geom, j.geom)
    WHERE ST_Area(ST_Intersection(p.geom, j.geom)) >= {core.CORE_MIN_SHARE} * p.planar_m2;
CREATE TEMP TABLE plots AS SELECT p, geom, is_construction_land AS land, round(area_m2, 2) AS m2 FROM parcels ANTI JOIN cores USING (p)
    WHERE round(area_m2, 2) <= {core.MAX_PLOT_M2} AND is_construction_land IS DISTINCT FROM false;
CREATE TEMP TABLE strips AS SELECT rowid AS j, project_id, ST_Area(geom) AS land_m2,
    ST_Buffer(ST_Boundary(geom), {core.SNAP_M + 1e-6}, 8, 'CAP_FLAT', 'JOIN_ROUND', 1) AS geom FROM projects;
CREATE TEMP TABLE beside AS SELECT p, land, m2, j, land_m2 FROM (
    SELECT x.p, x.land, x.m2, s.j, s.land_m2, s.project_id, ST_Length(ST_Intersection(ST_Boundary(x.geom), s.geom)) AS shared_m
    FROM plots x JOIN strips s ON ST_Intersects(x.geom, s.geom)) WHERE shared_m > {core.MIN_SHARED_M}
    QUALIFY row_number() OVER (PARTITION BY p ORDER BY shared_m DESC, project_id) = 1;
CREATE TEMP TABLE slivers AS SELECT p FROM (
    SELECT p, land, sum(m2) OVER (PARTITION BY j) <= {core.MAX_TOTAL_RATIO} * land_m2 AS keeps FROM beside) WHERE keeps AND land;
"""


def enterprises() -> str:
    values = ", ".join(f"coalesce({name}_wan, max_{name}) * weight AS {name}" for name in core.FIGURES)
    largest = ", ".join(f"max({name}_wan) AS max_{name}" for name in core.FIGURES)
    sums = ", ".join(f"CASE WHEN count(*) = count({name}) THEN sum({name}) END AS {name}" for name in core.FIGURES)
    return f"""
        CREATE TEMP TABLE figures AS
        WITH placed AS (
            SELECT e.*, p.p, p.area_m2 FROM enterprises e LEFT JOIN parcels p USING (parcel_id)),
        firms AS (
            SELECT enterprise_id, count(*) AS rows_of, coalesce(sum(share), 0) AS taken, sum(area_m2) FILTER (share IS NULL) AS land_of, {largest}
            FROM placed GROUP BY enterprise_id),
        weighted AS (
            SELECT *, CASE WHEN share IS NOT NULL THEN share WHEN rows_of = 1 THEN 1 ELSE (1 - taken) * area_m2 / land_of END AS weight
            FROM placed JOIN firms USING (enterprise_id)),
        parts AS (SELECT p, {values} FROM weighted)
        SELECT p, {sums} FROM parts WHERE p IS NOT NULL GROUP BY p"""


def result(job: core.Job) -> str:
    def zone(number: int, kind: str) -> str:
        share = f"coalesce(share_{number}.share, 0)"
        state = f"CASE WHEN {share} >= {core.INSIDE_MIN} THEN 'inside' WHEN {share} <= {core.OUTSIDE_MAX} THEN 'outside' ELSE 'split' END"
        return f"{share} AS share_{kind}, {state} AS zone_{kind}"

    zones = ", ".join(zone(number, own["kind"]) for number, own in enumerate(job.zones))
    joins = " ".join(f"LEFT JOIN share_{number} USING (p)" for number in range(len(job.zones)))
    figures = ", ".join(f"{name} / (area_m2 / {core.SQUARE_METRES_A_MU!r}) AS {name}_per_mu_wan" for name in core.FIGURES)
    classes = " ".join(f"WHEN place <= ceil(ranked * {up_to} / 100) THEN '{letter}'" for letter, up_to in core.GRADES)
    return f"""
        COPY (
            WITH measured AS (
                SELECT parcel_id, planar_m2 AS area_planar_m2, area_m2, coalesce(single_m2, 0) + coalesce(united.m2, 0) AS footprint_m2,
                    CASE WHEN built.p IS NULL THEN 0 ELSE floor_area_m2 END AS floor_area_m2, {zones}, {figures}, slivers.p IS NOT NULL AS sliver
                FROM parcels LEFT JOIN built USING (p) LEFT JOIN united USING (p) {joins} LEFT JOIN figures USING (p) LEFT JOIN slivers USING (p)),
            ranked AS (SELECT *, rank() OVER (ORDER BY tax_per_mu_wan DESC NULLS LAST) AS place, count(tax_per_mu_wan) OVER () AS ranked FROM measured)
            SELECT * EXCLUDE (place, ranked), floor_area_m2 / area_m2 AS far, footprint_m2 / area_m2 AS building_density,
                CASE WHEN tax_per_mu_wan IS NULL THEN NULL {classes} END AS grade
            FROM ranked
        ) TO '{job.out}' (FORMAT parquet, COMPRESSION zstd)"""


def main() -> None:
    clock, job = core.Clock(), core.Job(sys.argv[1])
    db = connect(job.threads)
    clock.lap("start")
    read(db, job)
    clock.lap("read")
    db.execute(BUILDINGS)
    clock.lap("buildings")
    for number in range(len(job.zones)):
        cut(db, number)
    clock.lap("tiles")
    for number in range(len(job.zones)):
        share(db, number)
    clock.lap("zones")
    db.execute(SLIVERS)
    clock.lap("slivers")
    db.execute(enterprises())
    clock.lap("enterprises")
    db.execute(result(job))
    clock.lap("grades and write")
    clock.tell()


main()
