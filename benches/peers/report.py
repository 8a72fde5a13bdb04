"""benches/RESULTS.md from the runs."""

import json
import statistics
from pathlib import Path

CORE = "mujun, core job"


def median(runs: list, what: str) -> float:
    return statistics.median(getattr(run, what) for run in runs)


def table(runs: dict) -> list[str]:
    ours_s = median(runs[CORE], "wall_s")
    lines = ["| system | wall s, median | least to most | user s | system s | peak memory MB | page faults | × our core job |", "|---|---|---|---|---|---|---|---|"]
    for name, own in runs.items():
        walls = [run.wall_s for run in own]
        wall_s = median(own, "wall_s")
        lines.append(
            f"| {name} | {wall_s:.2f} | {min(walls):.2f} to {max(walls):.2f} | {median(own, 'user_s'):.2f} | {median(own, 'system_s'):.2f} "
            f"| {median(own, 'peak_mb'):.0f} | {median(own, 'faults') / 1000:.0f} k | {wall_s / ours_s:.2f} |"
        )
    return lines


def floor_s(runs: list) -> float:
    """Reading and writing alone: without the start of Python and without loading what is written."""
    phases = [json.loads(run.text.strip().splitlines()[-1]) for run in runs]
    return statistics.median(own["read"] + own["write"] for own in phases)


def ratios(runs: dict, peers: list[str]) -> list[str]:
    full_s = median(runs["mujun, full job"], "wall_s")
    lines = []
    if peers:
        best = min(peers, key=lambda peer: median(runs[peer], "wall_s"))
        times = median(runs[best], "wall_s") / median(runs[CORE], "wall_s")
        lines.append(f"- Fastest peer: {best}; our core job is {times:.1f} times as fast, the full job {median(runs[best], 'wall_s') / full_s:.1f} times.")
    floor = floor_s(runs["floor"])
    lines.append(f"- Floor (inputs read as columns, outputs written): {floor:.2f} s; the full job takes {full_s / floor:.2f} times that.")
    lines.append(f"- One thread against all: {median(runs['mujun, full job, 1 thread'], 'wall_s') / full_s:.2f}.")
    for name in runs:
        if name.endswith("idle"):
            lines.append(f"- Cold memory against warm: {median(runs[name], 'wall_s') / full_s:.2f}.")
    return lines


def growth(results: list) -> list[str]:
    lines = ["## Growth", "", "| from | to | system | × parcels | × wall | × peak memory |", "|---|---|---|---|---|---|"]
    for (small, before, _), (large, after, _) in zip(results, results[1:]):
        for name in before:
            if name in after and name != "floor":
                wall, peak = (median(after[name], what) / median(before[name], what) for what in ("wall_s", "peak_mb"))
                lines.append(f"| {small.parcels:,} | {large.parcels:,} | {name} | {large.parcels / small.parcels:.1f} | {wall:.1f} | {peak:.1f} |")
    return lines


def write_report(path: Path, results: list, about: dict, versions: dict, command: str) -> None:
    lines = ["# Against the peers", "", f"Written by `{command}`; [README](README.md) says what is measured. Each system in turn, whole processes."]
    lines += ["", "- " + "; ".join(f"{name}: {value}" for name, value in about.items())]
    lines += ["- " + ", ".join(f"{name} {number}" for name, number in versions.items()), ""]
    for city, runs, differences in results:
        rounds = len(runs[CORE])
        lines += [f"## {city.parcels:,} parcels: {city.name}", "", f"Rounds: {rounds}.", "", *table(runs), "", *ratios(runs, list(differences)), ""]
        for peer, own in differences.items():
            lines.append(f"- {peer} agrees in every column." if not own else f"- {peer} differs: " + "; ".join(own) + ".")
        lines.append("")
    synthetic = [result for result in results if result[0].synthetic]
    if len(synthetic) > 1:
        lines += growth(synthetic) + [""]
    path.write_text("\n".join(lines), "utf-8")
