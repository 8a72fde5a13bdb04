"""Enterprise figures on parcels, per-mu figures, scores and grades: `docs/method.md`, "Enterprises on parcels", "Grade"."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa

import layers

FIGURES = [
    "tax_wan", "output_wan", "invest_wan", "value_added_wan", "revenue_wan", "energy_tce", "emission_t", "rnd_wan",
    "employees", "electricity_mwh",
]  # fmt: skip
PER_MU = ["tax", "output", "invest", "value_added", "revenue"]
RATIOS = {
    "value_added_per_tce_wan": ("value_added_wan", "energy_tce"),
    "value_added_per_t_wan": ("value_added_wan", "emission_t"),
    "value_added_per_employee_wan": ("value_added_wan", "employees"),
    "tax_per_mwh_wan": ("tax_wan", "electricity_mwh"),
    "rnd_share": ("rnd_wan", "revenue_wan"),
}


def weights(rows: pd.DataFrame, by_row: bool) -> np.ndarray:
    """The part of an enterprise's figures that each row carries; a row by land area outside the inventory has none."""
    if by_row:
        return np.ones(len(rows))
    keys = [rows.enterprise_id, rows.year]
    free = rows.share.isna()
    declared = rows.share.groupby(keys).transform("sum")
    rest = (1.0 - declared).clip(lower=0.0).where(rows.share.notna().groupby(keys).transform("any"), 1.0)
    land = rows.area_m2.where(free, 0.0).fillna(0.0)
    total = land.groupby(keys).transform("sum")
    by_land = pd.Series(np.where(total > 0.0, rest * land / total.where(total > 0.0, 1.0), 0.0), index=rows.index)
    # One unknown area makes every weight by land unknown; an enterprise's only row needs none.
    unknown = (free & rows.known & rows.area_m2.isna()).groupby(keys).transform("any")
    alone = free.groupby(keys).transform("size") == 1
    return np.where(free, np.where(alone, rest, by_land.mask(unknown & rows.known)), rows.share)


def without_conflicts(rows: pd.DataFrame, by_row: bool) -> tuple[pd.DataFrame, int]:
    """One value a figure for each (enterprise, year); where its rows disagree the figure is unknown."""
    if by_row:
        return rows, 0
    rows, conflicts = rows.copy(), 0
    grouped = rows.groupby(["enterprise_id", "year"], sort=False)
    for figure in FIGURES:
        kinds = grouped[figure].transform("nunique")
        conflicts += int((grouped[figure].nunique() > 1).sum())
        rows[figure] = grouped[figure].transform("first").where(kinds <= 1)
    return rows, conflicts


def totals_received(enterprises, by_row: bool) -> pd.Series:
    """What the rows hold of each figure, an enterprise's total once, rejected rows among them; of values that differ the one farthest from 0."""
    rows, lost = enterprises.table, enterprises.dropped
    nobody, dateless = lost.enterprise_id.isna(), lost.year.isna() & lost.enterprise_id.notna()
    differing = lost[~nobody & ~dateless].groupby(["enterprise_id", "year", "parcel_id"], dropna=False)[FIGURES].agg(_farthest)
    if by_row:
        return sum(part[FIGURES].sum() for part in (rows, differing, lost[nobody | dateless]))
    kept = rows.groupby(["enterprise_id", "year"])[FIGURES].agg(_farthest)
    only_lost = differing.groupby(["enterprise_id", "year"]).agg(_farthest)
    once = lost[dateless].groupby("enterprise_id")[FIGURES].agg(_farthest)
    return kept.combine_first(only_lost)[FIGURES].astype(float).sum() + once.sum() + lost[nobody][FIGURES].sum()


def _farthest(values: pd.Series) -> float:
    known = values.dropna().to_numpy()
    return float(known[np.argmax(np.abs(known))]) if len(known) else np.nan


def apportion(job, parcels, areas, enterprises, by_row: bool) -> tuple[pd.DataFrame, dict]:
    """Sums over rows for each (parcel, year), and the balance received = assigned + unassigned of every figure."""
    rows, conflicts = without_conflicts(enterprises.table, by_row)
    # A parcel whose rows were rejected because they differ keeps its part, and nobody gets it.
    lost = enterprises.dropped[enterprises.dropped.enterprise_id.notna() & enterprises.dropped.year.notna()]
    lost = lost.sort_values("share", na_position="first").drop_duplicates(["enterprise_id", "year", "parcel_id"], keep="last")
    rows = pd.concat([rows.assign(lost=False), lost.assign(lost=True)], ignore_index=True)
    land = dict(zip(areas.parcel_id, areas.area_m2))
    rows["area_m2"] = [land.get(p, np.nan) if p is not None else np.nan for p in rows.parcel_id]
    rows["known"] = [p in land for p in rows.parcel_id]
    rows["weight"] = weights(rows, by_row)
    rows = rows[~rows.lost].copy()
    balance = {"conflicts": conflicts}
    received = totals_received(enterprises, by_row)
    for figure in FIGURES:
        rows[figure] = rows[figure] * rows.weight
        assigned = float(rows.loc[rows.known, figure].sum())
        total = float(received[figure])
        balance[figure] = {"received": total, "assigned": assigned, "unassigned": total - assigned}
    inside = rows[rows.known]
    # A parcel's figure is unknown in a year in which one of its rows is.
    keys = [inside.parcel_id, inside.year]
    sums = inside[FIGURES].groupby(keys).sum().where(inside[FIGURES].notna().groupby(keys).all())
    return sums.reset_index(), balance


def window(as_of, years: int) -> list[float]:
    """The years that end with the last full year at a date."""
    last = as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1
    return [float(y) for y in range(last - years + 1, last + 1)]


def per_mu(areas: pd.DataFrame, sums: pd.DataFrame, years: list[float], min_years: int) -> pd.DataFrame:
    """Per-mu figures and ratios of every parcel over the window."""
    out = pd.DataFrame(index=areas.parcel_id)
    used = sums[sums.year.isin(years)].set_index(["parcel_id", "year"])
    mu = pd.Series(areas.area_mu.to_numpy(), index=areas.parcel_id)
    for name in PER_MU:
        total, count = _over_years(used[f"{name}_wan"], min_years)
        out[f"{name}_per_mu_wan"] = total / (mu * count)
    for name, (top, bottom) in RATIOS.items():
        both = used[top].notna() & used[bottom].notna()
        numerator, _ = _over_years(used[top][both], min_years)
        denominator, _ = _over_years(used[bottom][both], min_years)
        out[name] = (numerator / denominator.where(denominator != 0.0)).reindex(out.index)
    return out.reset_index(drop=True)


def _over_years(values: pd.Series, min_years: int) -> tuple[pd.Series, pd.Series]:
    known = values.dropna().groupby("parcel_id")
    count = known.count()
    return known.sum()[count >= min_years], count[count >= min_years]


def tenants(areas, enterprises, years: list[float]) -> pd.DataFrame:
    """How many enterprises a parcel has in the window, and `above` where one of them is above scale, `below` where all are."""
    rows = enterprises.table
    rows = rows[rows.year.isin(years) & rows.parcel_id.notna()]
    count = rows.groupby("parcel_id").enterprise_id.nunique()
    above = (rows["scale"] == "above").groupby(rows.parcel_id).any()
    all_known = rows["scale"].notna().groupby(rows.parcel_id).all()
    found = [True if above.get(p) else False if all_known.get(p) else None for p in areas.parcel_id]
    return pd.DataFrame({
        "enterprises": [int(count.get(p, 0)) for p in areas.parcel_id],
        "scale": np.array([None if v is None else "above" if v else "below" for v in found], object),
    })  # fmt: skip


def grade(facts: pd.DataFrame, rules: dict) -> pd.DataFrame:
    """Score and grade of every parcel; null where it is in no cohort or lacks an indicator."""
    score, letter = np.full(len(facts), np.nan), np.full(len(facts), None, object)
    for spec in rules["cohorts"].values():
        members = _members(facts, f"({rules['population']}) AND ({spec['when']})")
        members = members[np.isnan(score[members])]
        if len(members) == 0:
            continue
        total, lost = np.zeros(len(members)), 0.0
        for item in spec["indicators"]:
            part = facts[item["column"]].to_numpy(float)[members] / item["benchmark"] * item["weight"]
            if np.isnan(part).all() and item.get("absent") == "rescale":
                lost += item["weight"]
                continue
            part = np.maximum(part, item["floor"]) if "floor" in item else part
            part = np.minimum(part, item["cap"]) if "cap" in item else part
            if item.get("missing") == "cohort_mean" and not np.isnan(part).all():
                part = np.where(np.isnan(part), np.nanmean(part), part)
            total = total + part
        whole = sum(item["weight"] for item in spec["indicators"])
        total = total * (whole / (whole - lost))
        score[members] = total
        ranked = members[~np.isnan(total)]
        letter[ranked] = _cut(score[ranked], spec["cuts"], rules)
    return pd.DataFrame({"score": score, "grade": letter})


def _members(facts: pd.DataFrame, condition: str) -> np.ndarray:
    """Rows for which a SQL condition over the columns is true."""
    return np.array(layers.where_true(pa.Table.from_pandas(facts, preserve_index=False), condition), int)


def _cut(score: np.ndarray, cuts: list, rules: dict) -> list[str]:
    """Classes by rank, highest score first; scores equal to 1e-9 share the better (or worse) class."""
    n = len(score)
    rounding = {"ceil": math.ceil, "floor": math.floor, "half_up": lambda v: math.floor(v + 1 / 2)}[rules["rounding"]]
    ends = [(name, rounding(n * share)) for name, share in cuts]
    rank = -np.round(score, 9)
    side = "left" if rules["ties"] == "better" else "right"
    position = np.searchsorted(np.sort(rank), rank, side=side) + (1 if side == "left" else 0)
    return [next(name for name, end in ends if place <= end) for place in position]
