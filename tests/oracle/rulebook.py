"""The policy numbers the oracle needs, in one place.

`load` is the only function that knows how a rule pack is written. When the shape of `data/rules/` changes,
change this file and nothing else. A number that no pack of the job defines falls back to ASSUMED, and `load`
lists the keys that did, so that a comparison never hides which numbers it used.
"""

import copy
import tomllib
from fractions import Fraction
from pathlib import Path

RULES_DIR = Path(__file__).resolve().parents[2] / "data" / "rules"

ASSUMED = {
    "zones": {"inside_min": 0.99, "outside_max": 0.01, "tolerance_m2": 1.0, "tolerance_m": 0.1},
    "indicators": {
        "window_years": 1,
        "min_years": 1,
        "double_height_m": 8.0,
        "storey_height_m": None,
    },
    "slivers": {
        "max_plot_m2": 2000.0,
        "max_total_ratio": 0.10,
        "snap_m": 0.05,
        "min_shared_m": 1.0,
        "core_min_share": 0.5,
        "max_angle_deg": 10.0,
    },
    # Huangyan 2022 in ratio form. `missing`: "none" = not graded, "cohort_mean" = mean score of the cohort.
    "grading": {
        "cohort_column": "scale",
        "rounding": "ceil",
        "ties": "better",
        "cohorts": {
            "above": {
                "cuts": [("A", Fraction("0.20")), ("B", Fraction("0.85")), ("C", Fraction("0.95")), ("D", Fraction(1))],
                "indicators": [
                    {"column": "tax_per_mu_wan", "benchmark": 24.097, "weight": 30.0},
                    {"column": "value_added_per_mu_wan", "benchmark": 136.16, "weight": 20.0},
                    {"column": "value_added_per_tce_wan", "benchmark": 2.694, "weight": 20.0},
                    {"column": "value_added_per_t_wan", "benchmark": 4929.81, "weight": 10.0, "missing": "cohort_mean"},
                    {"column": "value_added_per_employee_wan", "benchmark": 18.14, "weight": 10.0},
                    {"column": "rnd_share", "benchmark": 0.0302, "weight": 10.0},
                ],
            },
            # Tax per unit of power, the second half of this cohort, has no canonical input column.
            "below": {
                "cuts": [("A", Fraction("0.20")), ("B", Fraction("0.85")), ("C", Fraction("0.95")), ("D", Fraction(1))],
                "indicators": [{"column": "tax_per_mu_wan", "benchmark": 11.5932, "weight": 50.0}],
            },
        },
    },
}


def load(packs: list[str], overrides: dict[str, str], base: Path) -> tuple[dict, list[str]]:
    """The numbers for a job's packs, and the `kind.key`s that are assumed because no pack gives them."""
    rules = copy.deepcopy(ASSUMED)
    assumed = []
    for kind in ("zones", "indicators", "slivers"):
        order = [overrides[kind]] if kind in overrides else packs
        table = next((t for t in (_kind(p, kind, base) for p in order) if t is not None), {})
        for key in rules[kind]:
            found = _find(table, key)
            if found is None:
                assumed.append(f"{kind}.{key}")
            else:
                rules[kind][key] = found
    assumed.append("grading")
    return rules, assumed


def _kind(pack: str, kind: str, base: Path) -> dict | None:
    """The raw TOML of one kind of rule in a pack: a file `<kind>.toml` of its folder, or a table of its one file."""
    for root in (RULES_DIR / pack, base / pack):
        if (root / f"{kind}.toml").is_file():
            return tomllib.loads((root / f"{kind}.toml").read_text("utf-8"))
        for single in (root, root.with_suffix(".toml")):
            if single.is_file():
                table = tomllib.loads(single.read_text("utf-8")).get(kind)
                return {kind: table} if table else None
    return None


def _find(table, key):
    """The first scalar called `key`, at any depth; a number with provenance is a table with `value`."""
    if not isinstance(table, dict):
        return None
    if key in table:
        hit = table[key]
        return hit.get("value") if isinstance(hit, dict) else hit
    return next((v for v in (_find(t, key) for t in table.values()) if v is not None), None)
