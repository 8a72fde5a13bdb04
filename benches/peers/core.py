"""What the peers' programs have in common: the description of a job, the clock, and the columns that every result has."""

import json
import sys
import time
from pathlib import Path

SQUARE_METRES_A_MU = 2000 / 3
FIGURES = ["tax", "output", "invest", "value_added", "revenue"]
# The numbers of benches/peers/bench.
DOUBLE_HEIGHT_M = 8.0
INSIDE_MIN, OUTSIDE_MAX = 0.99, 0.01
GRADES = [("A", 20), ("B", 85), ("C", 95), ("D", 100)]
MAX_PLOT_M2, MAX_TOTAL_RATIO, CORE_MIN_SHARE = 2000.0, 0.10, 0.5
SNAP_M, MIN_SHARED_M = 0.05, 1.0
# Zones with more vertices are cut into tiles of at most so many.
TILE_VERTICES = 64


class Job:
    """The job that the bench has written: paths, source names of fields, zones, the year, where the result goes."""

    def __init__(self, path: str):
        spec = json.loads(Path(path).read_text("utf-8"))
        self.parcels, self.buildings, self.projects = spec["parcels"], spec["buildings"], spec["projects"]
        self.zones, self.enterprises = spec["zones"], spec["enterprises"]
        self.year, self.out, self.threads = spec["year"], spec["out"], spec["threads"]

    @staticmethod
    def field(layer: dict, name: str) -> str:
        """The source name of a canonical field."""
        return layer["fields"].get(name, name)


class Clock:
    """Seconds of each phase, on stderr as one line of JSON."""

    def __init__(self):
        self.phases, self.last = {}, time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.phases[name] = round(now - self.last, 4)
        self.last = now

    def tell(self) -> None:
        print(json.dumps(self.phases), file=sys.stderr)
