"""What other programs make of the files of a run. Exit 1 where something is lost, with a line for each fault."""

import datetime
import hashlib
import json
import math
import re
import sys
import tomllib
from pathlib import Path

import duckdb
import geopandas
import geoparquet_validator
import openpyxl
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
from frictionless import Package

KINDS = {
    "string": lambda t: pa.types.is_large_string(t) or pa.types.is_string(t),
    "number": pa.types.is_floating,
    "integer": pa.types.is_integer,
    "date": pa.types.is_date,
    "any": lambda t: pa.types.is_large_binary(t) or pa.types.is_binary(t),
    "object": pa.types.is_struct,
}
DATA = Path(__file__).parents[2] / "data"
INDUSTRIES = tomllib.loads((DATA / "lang/industries.toml").read_text("utf-8"))
FAULTS = []


def fault(*words):
    FAULTS.append(" ".join(str(word) for word in words))


def equal(what, one, other):
    if one != other:
        fault(what, "differs:", repr(one)[:300], "and", repr(other)[:300])


def check_package(run, package):
    """The descriptor is valid, and files, hashes, columns and codes are as it says."""
    report = Package.validate_descriptor(package)
    for error in report.errors:
        fault("datapackage.json:", error.note)
    there = {str(p.relative_to(run)) for p in run.rglob("*") if p.is_file()} - {"datapackage.json"}
    equal("datapackage.json: files", {r["path"] for r in package["resources"]}, there)
    for resource in package["resources"]:
        data = (run / resource["path"]).read_bytes()
        if "hash" in resource:
            equal(resource["path"] + ": hash", resource["hash"], "sha256:" + hashlib.sha256(data).hexdigest())
            equal(resource["path"] + ": bytes", resource["bytes"], len(data))
        for key in ("title", "description", "title@zh", "description@zh"):
            if not resource.get(key):
                fault(resource["path"], "has no", key)
    for resource in Package(str(run / "datapackage.json")).resources:
        if resource.format == "csv":
            for row in resource.validate().flatten(["rowNumber", "fieldNumber", "note"])[:5]:
                fault(resource.path, row)


def check_parquet(run, resource):
    """Fields are as the package has them, and every reader finds the same values."""
    path = run / resource["path"]
    table = pq.read_table(path)
    fields = resource["schema"]["fields"]
    equal(f"{path.name}: columns", [field["name"] for field in fields], table.column_names)
    for field in fields:
        own = table.schema.field(field["name"])
        if not KINDS[field["type"]](own.type):
            fault(path.name, own.name, "is", own.type, "and not", field["type"])
        told = {key.decode(): value.decode() for key, value in (own.metadata or {}).items()}
        equal(f"{path.name} {own.name}: unit", told.get("unit"), field.get("unit"))
        equal(f"{path.name} {own.name}: words", told.get("description@zh"), field["description@zh"])
        equal(f"{path.name} {own.name}: words", told.get("description@en"), field["description"])
        codes = field.get("constraints", {}).get("enum")
        found = set(pc.unique(table[own.name].combine_chunks()).to_pylist()) - {None} if codes else set()
        if codes and found - set(codes):
            fault(path.name, own.name, "has codes without words:", found - set(codes))
    rows = comparable(table)
    equal(f"{path.name}: polars", comparable(polars.read_parquet(path).to_arrow()), rows)
    equal(f"{path.name}: DuckDB", comparable(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").to_arrow_table(), False), rows_without_shape(rows))
    return table


def comparable(table, shape=True):
    """Columns as Python values; DuckDB makes geometries of the WKB of a GeoParquet file, so they are left out there."""
    return {name: plain(table[name]) for name in table.column_names if shape or name != "geometry"}


def plain(column):
    return [None if isinstance(value, float) and math.isnan(value) else value for value in column.to_pylist()]


def rows_without_shape(rows):
    return {name: values for name, values in rows.items() if name != "geometry"}


def check_geoparquet(path, table):
    """Rules of GeoParquet 1.1, and a window of the middle by the boxes and by the polygons."""
    report = geoparquet_validator.check(str(path))
    for name in geoparquet_validator.failed(report):
        fault(path.name, "fails", name)
    frame = geopandas.read_parquet(path)
    equal(f"{path.name}: GeoPandas", frame.geometry.to_wkb().tolist(), [bytes(value) for value in table["geometry"].to_pylist()])
    if not frame.crs or not frame.crs.is_projected:
        fault(path.name, "has no projected CRS")
    west, south, east, north = frame.total_bounds
    window = ((3 * west + east) / 4, (3 * south + north) / 4, (west + east) / 2, (south + north) / 2)
    by_geometry = set(frame.cx[window[0] : window[2], window[1] : window[3]].parcel_id)
    by_boxes = set(geopandas.read_parquet(path, bbox=window).parcel_id)
    if not by_geometry or not by_geometry <= by_boxes:
        fault(path.name, "a window by its boxes lacks", by_geometry - by_boxes)
    bounds = frame.bounds
    for side, name in (("minx", "xmin"), ("miny", "ymin"), ("maxx", "xmax"), ("maxy", "ymax")):
        equal(f"{path.name}: bbox {name}", [box[name] for box in table["bbox"].to_pylist()], bounds[side].tolist())


def check_geopackage(run, resource, columns):
    """Layers are those that the package names, with the columns of their resource."""
    path = run / resource["path"]
    layers = {layer["name"]: layer for layer in resource["layers"]}
    equal(f"{path.name}: layers", set(layers), {name for name, _ in pyogrio.list_layers(path)} - {"layer_styles"})
    for name, layer in layers.items():
        fields = layer["schema"]["fields"] if "schema" in layer else columns[layer["resource"]]
        expected = [f["name"] for f in fields if f["type"] not in ("any", "object")]
        equal(f"{path.name}: {name}", list(pyogrio.read_info(path, layer=name)["fields"]), expected)


def shown(field, language, value):
    """A value as the workbook shows it."""
    labels = field.get("labels")
    if value is None or value == "" and not labels:
        return None
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if not labels or not isinstance(value, str):
        return value
    word = lambda code: labels.get(code, {}).get(language, code)
    is_list = value not in labels and all(code in labels for code in value.split())
    comma = "、" if language == "zh" else ", "
    return (comma.join(word(code) for code in value.split()) if is_list else word(value)) or None


def in_words(table, field, language, value, run):
    """A value as the workbook shows it, where its words are not in the descriptor: industries, and what rule packs want to be confirmed."""
    name = "industry" if (table, field["name"]) == ("by_industry", "key") else field["name"]
    if name == "industry" and value:
        digits = re.match("[A-Za-z]?([0-9]{2})", value)
        word = INDUSTRIES.get(digits[1] if digits else value.upper())
        return f"{value} {word[language]}" if word else value
    if name == "human" and value and table in ("sliver_candidates", "swap_candidates"):
        texts = confirmations(run, "text_zh" if language == "zh" else "text")[table]
        return ("；" if language == "zh" else "; ").join(texts.get(code, code) for code in value.split())
    return shown(field, language, value)


def confirmations(run, key):
    """What people must confirm of left-over plots and of pairs, by id."""
    packs = json.loads((run / "run.json").read_text("utf-8"))["rule_packs"]
    pack = next((pack["id"] for pack in packs if "slivers" in pack["kinds"]), None)
    rule = tomllib.loads((DATA / f"rules/{pack}/slivers.toml").read_text("utf-8"))["rule"][0] if pack else {}
    texts = lambda rule: {one["id"]: one[key] for one in rule.get("human", [])}
    return {"sliver_candidates": texts(rule), "swap_candidates": texts(rule.get("swap", {}))}


def check_workbook(run, package, tables, language):
    """Sheets of whole tables equal the tables, and no cell is a formula."""
    book = openpyxl.load_workbook(run / "inventory.xlsx")
    mark = "title" if language == "en" else "title@zh"
    for sheet in book:
        if sheet.freeze_panes != "B2" or not sheet.auto_filter.ref:
            fault(sheet.title, "has no heading that stays, or no filter")
        formulas = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        if formulas:
            fault(sheet.title, "has formulas at", formulas[:5])
    whole = [r for r in package["resources"] if r["name"] in tables and r[mark] in book.sheetnames and r["name"] != "overall"]
    if len(whole) < 11:
        fault("inventory.xlsx has only the sheets", book.sheetnames)
    for resource in whole:
        rows = list(book[resource[mark]].iter_rows(values_only=True))
        fields = resource["schema"]["fields"]
        equal(f"{resource['name']}: headings", list(rows[0]), [field[mark] for field in fields])
        for at, field in enumerate(fields):
            expected = [in_words(resource["name"], field, language, value, run) for value in tables[resource["name"]][field["name"]].to_pylist()]
            equal(f"{resource['name']} {field['name']}: cells", [row[at] for row in rows[1:]], expected)
    check_lists(book, tables)


def check_lists(book, tables):
    """The lists that are no table of their own have a row for every parcel, and for every parcel and route."""
    inventory = tables["inventory"]
    recognised = pc.sum(pc.equal(inventory["low_efficiency"], "yes")).as_py() or 0
    routes = sum(len((tools or "").split()) for tools in inventory["tools"].to_pylist())
    for titles, expected in ((("Low-efficiency land", "低效用地台账"), recognised), (("Tool candidates", "可选政策工具"), routes)):
        sheet = next(book[title] for title in titles if title in book.sheetnames)
        equal(f"{sheet.title}: rows", sheet.max_row - 1, expected)


def main(run):
    package = json.loads((run / "datapackage.json").read_text("utf-8"))
    language = json.loads((run / "run.json").read_text("utf-8"))["settings"]["lang"]
    check_package(run, package)
    resources = [resource for resource in package["resources"] if resource["format"] == "parquet"]
    tables = {resource["name"]: check_parquet(run, resource) for resource in resources}
    columns = {resource["name"]: resource["schema"]["fields"] for resource in resources}
    columns |= {layer["name"]: layer["schema"]["fields"] for r in package["resources"] for layer in r.get("layers", []) if "schema" in layer}
    check_geoparquet(run / "inventory.parquet", tables["inventory"])
    for resource in package["resources"]:
        if resource["format"] == "gpkg":
            check_geopackage(run, resource, columns)
    if (run / "inventory.xlsx").exists():
        check_workbook(run, package, tables, language)
    print("\n".join(FAULTS) or f"{len(package['resources'])} files read as they were written")
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
