"""The core job with SedonaDB, in SQL as somebody writes it who has read the plans: spatial joins, an intersection only where one does not cover the other,
large zones cut into tiles."""

import sys

import pyarrow as pa
import sedonadb
from pyarrow import compute, csv

import core


class Tables:
    """Queries whose results are kept as tables in memory."""

    def __init__(self):
        self.sd = sedonadb.connect()

    def keep(self, name: str, query: str) -> None:
        self.sd.sql(query).to_memtable().to_view(name, overwrite=True)

    def count(self, name: str) -> int:
        return self.sd.sql(f"SELECT 1 AS one FROM {name}").count()


def read(db: Tables, job: core.Job) -> None:
    def table(name: str, layer: dict, *names: str, where: str | None = None) -> None:
        options = {key: value for key, value in (("layer", layer.get("layer")), ("where", where)) if value}
        frame = db.sd.read_pyogrio(layer["path"], options=options or None)
        geometry = next(column for column in frame.columns if column in ("geom", "wkb_geometry", "geometry"))
        frame.to_view("source", overwrite=True)
        columns = [f'"{core.Job.field(layer, own)}" AS {own}' for own in names]
        db.keep(name, f"""SELECT {", ".join([*columns, f'ST_SetSRID("{geometry}", 0) AS geom'])} FROM source""")

    table("parcel_rows", job.parcels, "parcel_id", "registered_area_m2", "is_construction_land")
    table("building_rows", job.buildings, "floors", "height_m", "above_ground", "floor_area_m2")
    table("project_rows", job.projects, "project_id")
    for number, zone in enumerate(job.zones):
        table(f"zone_{number}", {"fields": {}, **zone}, where=zone.get("where"))
    names = ["enterprise_id", "parcel_id", "year", "share", *(f"{name}_wan" for name in core.FIGURES)]
    types = {"enterprise_id": pa.string(), "parcel_id": pa.string()} | {name: pa.float64() for name in names[3:]}
    rows = csv.read_csv(job.enterprises, convert_options=csv.ConvertOptions(include_columns=names, column_types=types))
    db.sd.create_data_frame(rows.filter(compute.equal(rows["year"], job.year))).to_view("enterprises", overwrite=True)


def buildings(db: Tables) -> None:
    db.keep("parcels", """
        SELECT CAST(row_number() OVER () AS INT) AS p, *, ST_Area(geom) AS planar_m2, coalesce(registered_area_m2, ST_Area(geom)) AS area_m2
        FROM parcel_rows""")
    db.keep("buildings", f"""
        SELECT CAST(row_number() OVER () AS INT) AS b, geom, ST_Area(geom) AS m2, above_ground IS DISTINCT FROM false AS above,
            CASE WHEN above_ground IS DISTINCT FROM false THEN coalesce(floor_area_m2,
                CASE WHEN floors > 0 AND height_m / floors > {core.DOUBLE_HEIGHT_M} THEN 2 * floors * ST_Area(geom) ELSE floors * ST_Area(geom) END)
            ELSE 0 END AS counted_m2
        FROM building_rows""")
    # Two joins whose conditions are prepared cost less than one and a test of each of its pairs.
    db.keep("meet", "SELECT p.p, b.b FROM parcels p JOIN buildings b ON ST_Intersects(p.geom, b.geom)")
    db.keep("inside", "SELECT p.p, b.b FROM parcels p JOIN buildings b ON ST_Covers(p.geom, b.geom)")
    db.keep("shares", """
        SELECT * FROM (
            SELECT i.p, b.b, b.above, b.counted_m2, b.m2 AS whole_m2, b.m2 FROM inside i JOIN buildings b ON b.b = i.b
            UNION ALL
            SELECT m.p, b.b, b.above, b.counted_m2, b.m2 AS whole_m2, ST_Area(ST_Intersection(p.geom, b.geom)) AS m2
            FROM meet m LEFT ANTI JOIN inside i ON m.p = i.p AND m.b = i.b JOIN parcels p ON p.p = m.p JOIN buildings b ON b.b = m.b)
        WHERE m2 > 1e-6""")
    db.keep("upright", "SELECT b, geom FROM buildings WHERE above")
    db.keep("touching", "SELECT x.b AS x, y.b AS y, x.geom AS xgeom, y.geom AS ygeom FROM upright x JOIN upright y ON ST_Intersects(x.geom, y.geom)")
    db.keep("overlapping", "SELECT x, y FROM touching WHERE x < y AND ST_Area(ST_Intersection(xgeom, ygeom)) > 1e-6")
    db.keep("stacked", "SELECT x AS b FROM overlapping UNION SELECT y AS b FROM overlapping")
    db.keep("united", """
        SELECT s.p AS u, ST_Area(ST_UnaryUnion(ST_Collect_Agg(ST_Intersection(p.geom, b.geom)))) AS united_m2
        FROM shares s JOIN stacked t ON s.b = t.b JOIN parcels p ON p.p = s.p JOIN buildings b ON b.b = s.b GROUP BY s.p""")
    db.keep("built", """
        SELECT p AS built, sum(CASE WHEN above AND t.b IS NULL THEN m2 ELSE 0 END) AS single_m2,
            CASE WHEN count(*) = count(counted_m2) THEN sum(counted_m2 * (m2 / whole_m2)) END AS floor_area_m2
        FROM shares s LEFT JOIN stacked t ON s.b = t.b GROUP BY p""")


def cut(db: Tables, number: int) -> None:
    """Zones cut into sixteen parts, again and again, until every piece has few vertices. Few rounds: the pieces of a round share the memory of all.
    United before where they overlap."""
    db.keep("numbered", f"SELECT CAST(row_number() OVER () AS INT) AS z, geom FROM zone_{number}")
    db.keep("meeting", "SELECT x.z AS x, y.z AS y, x.geom AS xgeom, y.geom AS ygeom FROM numbered x JOIN numbered y ON ST_Intersects(x.geom, y.geom)")
    db.keep("overlapping_zones", "SELECT x FROM meeting WHERE x < y AND ST_Area(ST_Intersection(xgeom, ygeom)) > 1e-6")
    if db.count("overlapping_zones"):
        db.keep(f"zone_{number}", f"SELECT ST_UnaryUnion(ST_Collect_Agg(geom)) AS geom FROM zone_{number}")
    rounds = [f"done_{number}_0"]
    db.keep("steps", "SELECT * FROM (VALUES (0), (1), (2), (3)) AS steps(step)")
    db.keep(rounds[0], f"SELECT geom FROM zone_{number} WHERE ST_NPoints(geom) <= {core.TILE_VERTICES}")
    db.keep("large", f"SELECT geom FROM zone_{number} WHERE ST_NPoints(geom) > {core.TILE_VERTICES}")
    while db.count("large"):
        db.keep("pieces", """
            SELECT ST_Intersection(geom, ST_SetSRID(ST_MakeEnvelope(x0 + i * w, y0 + j * h, x0 + (i + 1) * w, y0 + (j + 1) * h), 0)) AS geom FROM (
                SELECT geom, i.step AS i, j.step AS j, ST_XMin(geom) AS x0, (ST_XMax(geom) - ST_XMin(geom)) / 4 AS w,
                    ST_YMin(geom) AS y0, (ST_YMax(geom) - ST_YMin(geom)) / 4 AS h FROM large CROSS JOIN steps i CROSS JOIN steps j)""")
        rounds.append(f"done_{number}_{len(rounds)}")
        db.keep(rounds[-1], f"SELECT geom FROM pieces WHERE ST_NPoints(geom) <= {core.TILE_VERTICES} AND ST_Area(geom) > 0")
        db.keep("large", f"SELECT geom FROM pieces WHERE ST_NPoints(geom) > {core.TILE_VERTICES}")
    db.keep(f"tiles_{number}", " UNION ALL ".join(f"SELECT geom FROM {name}" for name in rounds))


def share(db: Tables, number: int) -> None:
    db.keep(f"share_{number}", f"""
        SELECT p AS p_{number}, sum(m2) / min(planar_m2) AS share_{number} FROM (
            SELECT p.p, p.planar_m2, CASE WHEN ST_Covers(t.geom, p.geom) THEN p.planar_m2 ELSE ST_Area(ST_Intersection(p.geom, t.geom)) END AS m2
            FROM tiles_{number} t JOIN parcels p ON ST_Intersects(t.geom, p.geom)) GROUP BY p""")


def slivers(db: Tables) -> None:
    db.keep("cores", f"""
        SELECT DISTINCT p AS c FROM (
            SELECT p.p, p.planar_m2, ST_Area(ST_Intersection(p.geom, j.geom)) AS m2 FROM project_rows j JOIN parcels p ON ST_Intersects(j.geom, p.geom))
        WHERE m2 >= {core.CORE_MIN_SHARE} * planar_m2""")
    db.keep("plots", f"""
        SELECT p, geom, is_construction_land AS land, round(area_m2, 2) AS m2 FROM parcels LEFT JOIN cores ON c = p
        WHERE c IS NULL AND round(area_m2, 2) <= {core.MAX_PLOT_M2} AND is_construction_land IS DISTINCT FROM false""")
    db.keep("strips", f"""
        SELECT CAST(row_number() OVER () AS INT) AS j, project_id, ST_Area(geom) AS land_m2,
            ST_Buffer(ST_Boundary(geom), {core.SNAP_M + 1e-6}, 'endcap=flat') AS geom FROM project_rows""")
    db.keep("near", """
        SELECT x.p, x.land, x.m2, s.j, s.land_m2, s.project_id, ST_Length(ST_Intersection(ST_Boundary(x.geom), s.geom)) AS shared_m
        FROM strips s JOIN plots x ON ST_Intersects(s.geom, x.geom)""")
    db.keep("beside", f"""
        SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY p ORDER BY shared_m DESC, project_id) AS place FROM near WHERE shared_m > {core.MIN_SHARED_M})
        WHERE place = 1""")
    db.keep("slivers", f"""
        SELECT p AS sliver_p FROM (SELECT p, land, sum(m2) OVER (PARTITION BY j) <= {core.MAX_TOTAL_RATIO} * land_m2 AS keeps FROM beside)
        WHERE keeps AND land""")


def figures(db: Tables) -> None:
    largest = ", ".join(f"max({name}_wan) AS max_{name}" for name in core.FIGURES)
    values = ", ".join(f"coalesce({name}_wan, max_{name}) * weight AS {name}" for name in core.FIGURES)
    sums = ", ".join(f"CASE WHEN count(*) = count({name}) THEN sum({name}) END AS {name}" for name in core.FIGURES)
    db.keep("placed", "SELECT e.*, p.p, p.area_m2 FROM enterprises e LEFT JOIN parcels p ON e.parcel_id = p.parcel_id")
    db.keep("firms", f"""
        SELECT enterprise_id AS firm, count(*) AS rows_of, coalesce(sum(share), 0) AS taken, sum(CASE WHEN share IS NULL THEN area_m2 END) AS land_of, {largest}
        FROM placed GROUP BY enterprise_id""")
    db.keep("figures", f"""
        WITH weighted AS (
            SELECT *, CASE WHEN share IS NOT NULL THEN share WHEN rows_of = 1 THEN 1 ELSE (1 - taken) * area_m2 / land_of END AS weight
            FROM placed JOIN firms ON firm = enterprise_id WHERE p IS NOT NULL),
        parts AS (SELECT p, {values} FROM weighted)
        SELECT p AS f, {sums} FROM parts GROUP BY p""")


def write(db: Tables, job: core.Job) -> None:
    def zone(number: int, kind: str) -> str:
        own = f"coalesce(share_{number}, 0)"
        state = f"CASE WHEN {own} >= {core.INSIDE_MIN} THEN 'inside' WHEN {own} <= {core.OUTSIDE_MAX} THEN 'outside' ELSE 'split' END"
        return f"{own} AS share_{kind}, {state} AS zone_{kind}"

    zones = ", ".join(zone(number, own["kind"]) for number, own in enumerate(job.zones))
    joins = " ".join(f"LEFT JOIN share_{number} ON p_{number} = p" for number in range(len(job.zones)))
    a_mu = ", ".join(f"{name} / (area_m2 / {core.SQUARE_METRES_A_MU!r}) AS {name}_per_mu_wan" for name in core.FIGURES)
    classes = " ".join(f"WHEN place <= ceil(ranked * {up_to} / 100.0) THEN '{letter}'" for letter, up_to in core.GRADES)
    columns = ["parcel_id", "area_planar_m2", "area_m2", "footprint_m2", "floor_area_m2", "sliver"]
    columns += [f"{part}_{own['kind']}" for own in job.zones for part in ("share", "zone")] + [f"{name}_per_mu_wan" for name in core.FIGURES]
    db.sd.sql(f"""
        WITH measured AS (
            SELECT parcel_id, planar_m2 AS area_planar_m2, area_m2, coalesce(single_m2, 0) + coalesce(united_m2, 0) AS footprint_m2,
                CASE WHEN built IS NULL THEN 0 ELSE floor_area_m2 END AS floor_area_m2, {zones}, {a_mu}, sliver_p IS NOT NULL AS sliver
            FROM parcels LEFT JOIN built ON built = p LEFT JOIN united ON u = p {joins} LEFT JOIN figures ON f = p LEFT JOIN slivers ON sliver_p = p),
        ranked AS (SELECT *, rank() OVER (ORDER BY tax_per_mu_wan DESC NULLS LAST) AS place, count(tax_per_mu_wan) OVER () AS ranked FROM measured)
        SELECT {", ".join(columns)}, floor_area_m2 / area_m2 AS far, footprint_m2 / area_m2 AS building_density,
            CASE WHEN tax_per_mu_wan IS NULL THEN NULL {classes} END AS grade
        FROM ranked""").to_parquet(job.out, compression="zstd(1)", single_file_output=True)


def main() -> None:
    clock, job = core.Clock(), core.Job(sys.argv[1])
    db = Tables()
    clock.lap("start")
    read(db, job)
    clock.lap("read")
    buildings(db)
    clock.lap("buildings")
    for number in range(len(job.zones)):
        cut(db, number)
    clock.lap("tiles")
    for number in range(len(job.zones)):
        share(db, number)
    clock.lap("zones")
    slivers(db)
    clock.lap("slivers")
    figures(db)
    clock.lap("enterprises")
    write(db, job)
    clock.lap("grades and write")
    clock.tell()


main()
