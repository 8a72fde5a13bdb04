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
        "max_plot_inclusive": True,
        "max_total_ratio": 0.10,
        "max_total_inclusive": True,
        "denominator": ["core", "with_slivers"],
        "require_construction_land": True,
        "require_farmland": False,
        "look_up_to_m2": 7000.0,
        "snap_m": 0.05,
        "min_shared_m": 1.0,
        "core_min_share": 0.5,
        "max_angle_deg": 10.0,
        "area_order": ["registered", "ellipsoidal", "planar"],
        "artefact": {"min_width_m": 0.5, "min_area_m2": 1.0},
        "kinds": {
            "required": False,
            "enclosed_min_ratio": 0.75,
            "hole_min_share": 0.99,
            "interlocking_min_runs": 2,
            "interlocking_min_hull_share": 0.5,
            "interlocking_min_ratio": 0.25,
            "interlocking_max_ratio": 0.75,
            "corner_min_share": 0.25,
            "corner_within_m": 2.0,
            "boundary_kinds": ["town_boundary"],
        },
        "hard_to_develop": {"min_inscribed_diameter_m": 20.0, "min_compactness": 0.2, "road_kinds": ["road"], "road_within_m": 2.0},
        "selection": {
            "objective": "priority", "denominator": "core", "exact_up_to": 20,
            "kind_order": ["enclosed", "interlocking", "corner"],
        },
    },
    # Huangyan 2022 in ratio form. `missing`: "not_graded", or
    # "cohort_mean" = mean score of the cohort; `absent` = "rescale": where nobody in the cohort has a value, the
    # indicator is left out and the others carry its weight.
    "grading": {
        "population": "enterprises > 0",
        "rounding": "ceil",
        "ties": "better",
        "cohorts": {
            "above": {
                "when": "scale = 'above'",
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
            "below": {
                "when": "scale = 'below'",
                "cuts": [("A", Fraction("0.20")), ("B", Fraction("0.85")), ("C", Fraction("0.95")), ("D", Fraction(1))],
                "indicators": [
                    {"column": "tax_per_mu_wan", "benchmark": 11.5932, "weight": 50.0},
                    {"column": "tax_per_mwh_wan", "benchmark": 0.2352, "weight": 50.0,
                     "missing": "cohort_mean", "absent": "rescale"},
                ],
            },
        },
    },
}


# Keys that a pack writes under another name.
NAMES = {"storey_height_m": "estimate_storey_height_m"}
# Keys that a pack may leave out on purpose: what is absent is off, not assumed.
OPTIONAL = {"storey_height_m", "require_farmland"}
# Limits that a sliver rule may do without.
LIMITS = ["max_plot_m2", "max_plot_inclusive", "max_total_ratio", "max_total_inclusive", "denominator", "selection"]


def load(packs: list[str], overrides: dict[str, str], base: Path, as_of) -> tuple[dict, list[str]]:
    """The numbers for a job's packs at a date, and the `kind.key`s that are assumed because no pack gives them."""
    rules, assumed = copy.deepcopy(ASSUMED), []
    for kind in ("zones", "indicators", "slivers"):
        rule = _rule(packs, kind, overrides.get(kind), base, as_of)
        for key in rules[kind]:
            name = NAMES.get(key, key)
            if name in rule:
                rules[kind][key] = rule[name]
            elif rule and key in LIMITS:
                continue
            elif not (rule and key in OPTIONAL):
                assumed.append(f"{kind}.{key}")
        if kind == "slivers" and "swap" in rule:
            rules[kind]["swap"] = rule["swap"]
        if kind == "slivers" and rule:
            rules[kind] = {key: value for key, value in rules[kind].items() if key in rule or key not in LIMITS}
    grading = _rule(packs, "grading", overrides.get("grading"), base, as_of)
    if grading:
        rules["grading"] = _grading(grading)
    else:
        assumed.append("grading")
    return rules, assumed


def _rule(packs: list[str], kind: str, wanted: str | None, base: Path, as_of) -> dict:
    """The rule of a kind that is in force: from the first pack that has the kind, or the one with the id `wanted`."""
    homes = [p for p in packs if _file(p, kind, base)]
    if wanted is not None:
        every = sorted(p.parent.name for p in RULES_DIR.glob(f"*/{kind}.toml"))
        homes = [wanted] if _file(wanted, kind, base) else homes + every
    for pack in homes:
        rules = tomllib.loads(_file(pack, kind, base).read_text("utf-8"))["rule"]
        named = [r for r in rules if wanted in (None, pack, r["id"])]
        if named or wanted is None:
            return next((r for r in named if _in_force(r, as_of)), {})
    return {}


def _in_force(rule: dict, as_of) -> bool:
    return rule.get("valid_from", as_of) <= as_of <= rule.get("valid_to", as_of)


def _file(pack: str, kind: str, base: Path) -> Path | None:
    return next((f for root in (RULES_DIR / pack, base / pack) if (f := root / f"{kind}.toml").is_file()), None)


def _grading(rule: dict) -> dict:
    """A grading rule in the shape of ASSUMED, with the conditions of population and cohorts as SQL."""
    if rule.get("normaliser", "ratio") != "ratio":
        raise SystemExit(f"grading rule {rule['id']}: only the ratio form is known here")
    cohorts = {}
    for cohort in rule["cohorts"]:
        cuts = cohort.get("cuts", rule.get("cuts"))
        indicators = [i | {"missing": i["missing"].removesuffix("_score")} for i in cohort["indicators"]]
        grades = [(g["grade"], Fraction(str(g["up_to"]))) for g in cuts["grades"]]
        cohorts[cohort["id"]] = {"when": cohort["when"], "cuts": grades, "indicators": indicators}
    cuts = rule.get("cuts", cuts)
    return {
        "population": rule.get("population", "1 = 1"), "rounding": cuts["rounding"], "ties": cuts["ties"],
        "cohorts": cohorts,
    }  # fmt: skip
