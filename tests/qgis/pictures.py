"""Writes the print layout of every theme of a run as an image.

    pictures.py RUN PREFIX DIRECTORY
"""

import os
import sys

import look
from qgis.core import QgsLayoutExporter

DOTS_PER_INCH = 96


def main(run, prefix, directory):
    window = look.Window()
    project = look.open_project(run)
    os.makedirs(directory, exist_ok=True)
    layouts = project.layoutManager().printLayouts()
    kinds = [field.name() for field in look.layer(project, "inventory").fields() if field.name().startswith("zone_")]
    names = [name for name in look.THEMES if not name.startswith("zone-")]
    at = look.THEMES.index("zone-town_boundary")
    names[at:at] = [f"zone-{kind.removeprefix('zone_')}" for kind in kinds]
    if len(layouts) != len(names):
        sys.exit(f"{run}: {len(layouts)} layouts for the themes {names}")
    for layout, name in zip(layouts, names):
        image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=DOTS_PER_INCH)
        path = os.path.join(directory, f"{prefix}-{name}.png")
        image.save(path)
        print(path)
    window.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
