"""What the checks and the pictures share: QGIS without a window, a project, its themes as images."""

import os
import sys
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())

from qgis.core import (  # noqa: E402
    Qgis,
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor, QImage  # noqa: E402

# The themes of the sample city in the order of its project.
THEMES = [
    "grade",
    "far",
    "density",
    "tax",
    "zone-town_boundary",
    "zone-strategic_reserve",
    "zone-industrial_block",
    "low_efficiency",
    "slivers",
    "findings",
]


class Window:
    """QGIS while it runs, with everything that it has complained about."""

    def __init__(self):
        self.application = QgsApplication([], True)
        self.application.initQgis()
        self.complaints = []
        self.application.messageLog().messageReceived.connect(self.hear)

    def hear(self, text, tag, level):
        if level in (Qgis.Warning, Qgis.Critical):
            self.complaints.append(f"{tag}: {text}")

    def end(self):
        QgsProject.instance().clear()
        self.application.exitQgis()


def open_project(run):
    """The project of a run; ends where QGIS cannot read it."""
    project = QgsProject.instance()
    project.clear()
    if not project.read(os.path.join(run, "inventory.qgz")):
        sys.exit(f"{run}: QGIS cannot read the project: {project.error()}")
    return project


def layer(project, name):
    """A layer by the name that it has in files."""
    return project.mapLayer(f"mujun_layer_{name}")


def themes(project):
    """The titles of the themes in the order in which the project has its layouts, which are one a theme."""
    return [layout.name() for layout in project.layoutManager().printLayouts()]


def settings(project, theme, width, height, labels=False):
    """What a map of the theme shows."""
    collection = project.mapThemeCollection()
    made = QgsMapSettings()
    made.setOutputSize(QSize(width, height))
    made.setDestinationCrs(project.crs())
    made.setTransformContext(project.transformContext())
    made.setLayers(collection.mapThemeVisibleLayers(theme))
    made.setLayerStyleOverrides(collection.mapThemeStyleOverrides(theme))
    made.setBackgroundColor(QColor("white"))
    # Letters differ from machine to machine.
    made.setFlag(QgsMapSettings.DrawLabeling, labels)
    extent = layer(project, "inventory").extent()
    extent.scale(1.04)
    made.setExtent(extent)
    return made


def render(made):
    """The image, and what went wrong."""
    job = QgsMapRendererParallelJob(made)
    job.start()
    job.waitForFinished()
    return job.renderedImage().convertToFormat(QImage.Format_RGB32), [error.message for error in job.errors()]
