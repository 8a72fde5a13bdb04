"""Opens a run in QGIS and looks whether everything is as a planner needs it.

    check.py RUN LANG [--update]

RUN is a run of the sample city with the formats geojson, gpkg and flatgeobuf, LANG its language. With --update the images of the themes become the
reference; else they are compared with it. Ends with 1 where something is wrong, and says what.
"""

import json
import os
import sqlite3
import sys
import tempfile
import traceback

import look
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsApplication,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMapToolIdentify
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage, qBlue, qGreen, qRed

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT = 400, 300
# Edges are drawn a little differently from version to version.
CHANNEL_TOLERANCE = 40
PIXEL_TOLERANCE = 0.01
COLOURS = {"A": "#2c7bb6", "B": "#abd9e9", "C": "#fdae61", "D": "#d7191c", None: "#e0e0e0"}
LAYERS = ["corners", "coverage", "rejects", "findings", "sliver_candidates", "tracts", "projects", "zones", "inventory"]
GROUPS = {"en": ["Data quality", "Proposals", "Plan", "Inventory"], "zh": ["数据质量", "处置建议", "规划", "用地清查"]}
GRADE_ALIAS = {"en": "Grade", "zh": "评价等级"}
GRADE_A = {"en": "A", "zh": "A 类"}

faults = []


def must(holds, text):
    if not holds:
        faults.append(text)


def rows_of(path, table):
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
        return database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]


def check_layers(project, run):
    """Every layer is there, valid, in its group, with all its rows."""
    must(sorted(project.mapLayers()) == sorted(f"mujun_layer_{name}" for name in LAYERS), f"layers: {sorted(project.mapLayers())}")
    tree = project.layerTreeRoot()
    must([node.name() for node in tree.children()] == GROUPS[lang], f"groups: {[node.name() for node in tree.children()]}")
    order = [node.layerId().removeprefix("mujun_layer_") for node in tree.findLayers()]
    must(order == LAYERS, f"order of the layers: {order}")
    for name in LAYERS:
        layer = look.layer(project, name)
        must(layer.isValid(), f"{name}: not valid")
        must(layer.readOnly(), f"{name}: can be edited")
        must(not layer.isSpatial() or layer.crs() == project.crs(), f"{name}: CRS {layer.crs().authid()}")
    must(project.crs().isValid(), "the project has no CRS")
    package = os.path.join(run, "inventory.gpkg")
    for name in ["inventory", "findings", "sliver_candidates", "tracts", "projects", "zones"]:
        must(look.layer(project, name).featureCount() == rows_of(package, name), f"{name}: rows are missing")
    for name in ["inventory", "sliver_candidates", "projects", "zones"]:
        layer = look.layer(project, name)
        must(layer.featureCount() > 0, f"{name}: no feature")
        must(all(feature.hasGeometry() for feature in layer.getFeatures()), f"{name}: a feature has no place")
    must(all(relation.isValid() for relation in project.relationManager().relations().values()), "a relation is not valid")
    must(len(project.relationManager().relations()) == 3, "relations are missing")


def check_fields(layer, name):
    """Headings, words for codes, widths."""
    fields = layer.fields()
    columns = {column.name: column for column in layer.attributeTableConfig().columns()}
    own = [field for field in fields if field.name() != "fid"]
    bare = [field.name() for field in own if field.alias() in ("", field.name())]
    must(not bare, f"{name}: no alias of {', '.join(bare)}")
    narrow = [field.name() for field in own if field.name() not in columns or columns[field.name()].width < 80]
    must(not narrow, f"{name}: no width of {', '.join(narrow)}")
    aliases = [field.alias() for field in fields if field.name() != "fid"]
    must(len(set(aliases)) == len(aliases), f"{name}: two columns have one alias")


def represented(layer, column, value):
    """What QGIS shows in place of a value."""
    index = layer.fields().indexOf(column)
    setup = layer.editorWidgetSetup(index)
    formatter = QgsApplication.fieldFormatterRegistry().fieldFormatter(setup.type())
    return formatter.representValue(layer, index, setup.config(), None, value)


def check_styles(layer, name):
    """In every style each rule asks for columns that are there, and takes part in the legend."""
    styles = layer.styleManager()
    before = styles.currentStyle()
    for style in styles.styles():
        must(styles.setCurrentStyle(style), f"{name}: no style {style}")
        check_fields(layer, f"{name} as {style}")
        if not layer.isSpatial():
            continue
        rules = [rule for rule in layer.renderer().rootRule().descendants() if rule.symbol() is not None]
        must(bool(rules), f"{name} as {style}: no rule")
        for rule in rules:
            must(rule.label() != "", f"{name} as {style}: a rule without a label")
            takes_all = rule.isElse() or rule.filterExpression() == ""
            asked = QgsExpression("true" if takes_all else rule.filterExpression())
            unknown = asked.referencedColumns() - {field.name() for field in layer.fields()}
            must(not asked.hasParserError() and not unknown, f"{name} as {style}: {rule.filterExpression()}: {unknown}")
    styles.setCurrentStyle(before)


def differing(image, reference):
    """The share of pixels that are clearly different."""
    if image.size() != reference.size():
        return 1.0
    count = 0
    row_bytes = image.bytesPerLine()
    own, other = image.constBits().asstring(image.sizeInBytes()), reference.constBits().asstring(reference.sizeInBytes())
    for y in range(image.height()):
        # Nearly all rows are the same to the bit, and a look at each pixel is slow here.
        if own[y * row_bytes : (y + 1) * row_bytes] == other[y * row_bytes : (y + 1) * row_bytes]:
            continue
        for x in range(image.width()):
            a, b = image.pixel(x, y), reference.pixel(x, y)
            distance = max(abs(qRed(a) - qRed(b)), abs(qGreen(a) - qGreen(b)), abs(qBlue(a) - qBlue(b)))
            count += distance > CHANNEL_TOLERANCE
    return count / (image.width() * image.height())


def check_themes(project, update):
    """Each theme looks as it did when somebody looked at it last."""
    titles = look.themes(project)
    must(sorted(titles) == sorted(project.mapThemeCollection().mapThemes()), f"themes {project.mapThemeCollection().mapThemes()}, layouts {titles}")
    must(len(titles) == len(look.THEMES), f"themes: {titles}")
    images = {}
    for title, name in zip(titles, look.THEMES):
        image, errors = look.render(look.settings(project, title, WIDTH, HEIGHT))
        must(not errors, f"theme {title}: {errors}")
        colours = {image.pixel(x, y) for x in range(0, WIDTH, 2) for y in range(0, HEIGHT, 2)}
        must(len(colours) > 10, f"theme {title}: {len(colours)} colours")
        images[name] = image
        path = os.path.join(HERE, "reference", f"{name}.png")
        if update:
            image.save(path, "PNG", 0)
        else:
            share = differing(image, QImage(path).convertToFormat(QImage.Format_RGB32))
            must(share < PIXEL_TOLERANCE, f"theme {title}: {share:.1%} of the pixels differ from reference/{name}.png")
            if share >= PIXEL_TOLERANCE:
                image.save(os.path.join(tempfile.gettempdir(), f"qgis-{name}-{lang}.png"))
    for one, other in [("grade", "far"), ("far", "density"), ("density", "tax"), ("low_efficiency", "slivers"), ("slivers", "findings")]:
        must(differing(images[one], images[other]) > PIXEL_TOLERANCE, f"themes {one} and {other} look alike")


def check_grades(project):
    """In the theme of grades every parcel has the colour of its own grade."""
    title = look.themes(project)[0]
    made = look.settings(project, title, 4 * WIDTH, 4 * HEIGHT)
    image, _ = look.render(made)
    to_pixel = made.mapToPixel()
    layer = look.layer(project, "inventory")
    states = [field.name() for field in layer.fields() if field.name().startswith("zone_")]
    seen = {}
    for feature in layer.getFeatures():
        grade = feature["grade"] or None
        plain = all(feature[state] != "split" for state in states) and not feature["sliver_status"]
        if not plain or feature.geometry().area() < 2000:
            continue
        place = to_pixel.transform(feature.geometry().poleOfInaccessibility(1)[0].asPoint())
        colour = QColor(image.pixel(round(place.x()), round(place.y()))).name()
        must(colour == COLOURS[grade], f"{feature['parcel_id']}: grade {grade} is drawn {colour}")
        seen[grade] = seen.get(grade, 0) + 1
    must(set(seen) == set(COLOURS), f"grades on the map: {seen}")


def check_identify(project):
    """A click on a parcel tells its code."""
    layer = look.layer(project, "inventory")
    canvas = QgsMapCanvas()
    canvas.resize(QSize(3 * WIDTH, 3 * HEIGHT))
    canvas.setDestinationCrs(project.crs())
    canvas.setLayers([layer])
    tool = QgsMapToolIdentify(canvas)
    asked = 0
    for feature in list(layer.getFeatures())[::40]:
        point = feature.geometry().poleOfInaccessibility(1)[0].asPoint()
        # Near enough, so that what is asked for within two millimetres of the click is this parcel alone.
        canvas.setExtent(feature.geometry().boundingBox())
        place = canvas.getCoordinateTransform().transform(point)
        found = tool.identify(round(place.x()), round(place.y()), [layer], QgsMapToolIdentify.TopDownAll)
        codes = [result.mFeature["parcel_id"] for result in found]
        must(codes == [feature["parcel_id"]], f"at {feature['parcel_id']} there is {codes}")
        asked += 1
    must(asked >= 10, "too few parcels to ask for")
    must(layer.displayExpression() == '"parcel_id"', f"parcels are called by {layer.displayExpression()}")


def check_tip(project):
    """The map tip has the figures and the reasons, and names stay text."""
    layer = look.layer(project, "inventory")
    graded = next((feature for feature in layer.getFeatures() if feature["grade"] == "A"), None)
    if graded is None:
        faults.append("no parcel of grade A to show the map tip of")
        return
    graded["town"] = "<script>alert(1)</script>"
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(graded)
    tip = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    for expected in [graded["parcel_id"], GRADE_A[lang], f"{graded['far']:.2f}", f"{graded['building_density']:.1%}".replace("%", " %"), f"{graded['tax_per_mu_wan']:,.2f}", GRADE_ALIAS[lang]]:
        must(expected in tip, f"the map tip lacks {expected}: {tip}")
    must(graded["grade_reason"].split(":")[0] in tip, f"the map tip lacks the reason: {tip}")
    must("<script" not in tip and "&lt;script" in tip, "a name becomes HTML in the map tip")
    must("[%" not in tip, f"an expression of the map tip fails: {tip}")
    must(represented(layer, "grade", "A") == GRADE_A[lang], f"grade A is shown as {represented(layer, 'grade', 'A')}")
    must(represented(layer, "far", 0.123456) == "0.12", f"a plot ratio is shown as {represented(layer, 'far', 0.123456)}")


def check_layouts(project):
    """Each theme has a page with title, map, legend, scale bar and day."""
    for layout in project.layoutManager().printLayouts():
        name = layout.name()
        items = layout.items()
        maps = [item for item in items if isinstance(item, QgsLayoutItemMap)]
        legends = [item for item in items if isinstance(item, QgsLayoutItemLegend)]
        bars = [item for item in items if isinstance(item, QgsLayoutItemScaleBar)]
        must(len(maps) == len(legends) == len(bars) == 1, f"layout {name}: an item is missing")
        must(maps[0].followVisibilityPresetName() == name, f"layout {name}: its map shows {maps[0].followVisibilityPresetName()}")
        must(legends[0].linkedMap() == maps[0] and bars[0].linkedMap() == maps[0], f"layout {name}: an item is of no map")
        titles = [layer.name() for layer in legends[0].model().rootGroup().findLayers()]
        must(bool(titles) and None not in [node.layer() for node in legends[0].model().rootGroup().findLayers()], f"layout {name}: {titles}")
        texts = [item.currentText() for item in items if hasattr(item, "currentText")]
        must(any(name in text for text in texts), f"layout {name}: no title in {texts}")
        must(any("2025-12-31" in text for text in texts), f"layout {name}: no day in {texts}")
        image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=50)
        must(image.width() > image.height() > 100, f"layout {name}: {image.size()}")
        legend_area = {image.pixel(x, y) for x in range(image.width() * 3 // 4, image.width()) for y in range(image.height() // 5, image.height() // 2)}
        must(len(legend_area) > 10, f"layout {name}: the legend is empty")


def check_alone(run):
    """Each layer has its style without the project too."""
    package = os.path.join(run, "inventory.gpkg")
    for name in ["inventory", "findings", "rejects", "sliver_candidates", "tracts", "projects", "zones"]:
        layer = QgsVectorLayer(f"{package}|layername={name}", name, "ogr")
        must(layer.isValid(), f"{name} alone is not valid")
        check_fields(layer, f"{name} alone")
        must(not layer.isSpatial() or layer.renderer().type() == "RuleRenderer", f"{name} alone has no style")
    layer = QgsVectorLayer(f"{package}|layername=inventory", "inventory", "ogr")
    count, _, names, _, _ = layer.listStylesInDatabase()
    # Those of other layers stand behind.
    own = names[:count]
    must(len(set(own)) == len(look.THEMES) + 1, f"styles of the inventory in the GeoPackage: {own}")
    for file in ["inventory.geojson", "inventory.fgb"]:
        layer = QgsVectorLayer(os.path.join(run, file), file, "ogr")
        must(layer.isValid() and layer.featureCount() == rows_of(package, "inventory"), f"{file}: rows are missing")
        must(layer.renderer().type() == "RuleRenderer", f"{file} is not drawn by grade")
        index = layer.fields().indexOf("grade")
        must(layer.attributeAlias(index) == GRADE_ALIAS[lang], f"{file}: alias {layer.attributeAlias(index)}")
        must(layer.mapTipTemplate() != "", f"{file}: no map tip")


def check_all(run, update, window):
    project = look.open_project(run)
    parcels = json.load(open(os.path.join(run, "run.json")))["balances"][0]["out"]
    must(look.layer(project, "inventory").featureCount() == parcels, "the map has not all parcels")
    check_layers(project, run)
    for name in LAYERS:
        check_styles(look.layer(project, name), name)
    check_themes(project, update)
    check_grades(project)
    check_identify(project)
    check_tip(project)
    check_layouts(project)
    check_alone(run)
    faults.extend(f"QGIS says: {complaint}" for complaint in window.complaints)


def main(run, update):
    # What QGIS writes there is read at the end; so nothing that is to be seen may go there.
    errors = tempfile.TemporaryFile()
    os.dup2(errors.fileno(), 2)
    try:
        check_all(run, update, look.Window())
    except (Exception, SystemExit) as error:
        faults.append(f"the checks broke off: {error!r}")
        traceback.print_exc(file=sys.stdout)
    errors.seek(0)
    said = errors.read().decode(errors="replace").splitlines()
    faults.extend(f"stderr: {line}" for line in said if "Warning" in line or "ERROR" in line or "Invalid" in line)
    for fault in faults[:40]:
        print(f"qgis: {fault}")
    print(f"qgis: {run} ({lang}): {len(faults)} faults")
    sys.stdout.flush()
    # Leaving by the usual door takes the canvas down after QGIS, which crashes.
    os._exit(1 if faults else 0)


if __name__ == "__main__":
    lang = sys.argv[2]
    main(sys.argv[1], "--update" in sys.argv)
