"""Counts the instructions of a run and compares them with the committed figures.

Counted is `mujun run` on one thread over `mujun synth --parcels 2000 --seed 7`, under valgrind's callgrind, with SHA-256 left out: valgrind's processor has no
instruction for it, so it would be a quarter of the count and is nearly nothing outside. Groups of functions are told too: they say where a change is, and
decide nothing, because the compiler is free to move code from one function into another.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

FIGURES = Path(__file__).parent / "gate.toml"
LIMIT = 1.03
PARCELS, SEED = 2000, 7
# The compiler's run-time dispatch and the C library choose their loops by these.
PROCESSOR = ["avx2", "bmi2"]
HASH = "sha2::"
# First match counts.
GROUPS = [
    ("sha256 (not counted)", r"sha2::"),
    ("compression", r"ZSTD_|HUF_|HIST_|FSE_|LZ4_|miniz_oxide|zstd"),
    ("gdal, sqlite, proj", r"sqlite3|OGR|GDAL|CPL|VSI|osgeo|pj_|PJ|^(?:pager|btree|vdbe|walk)"),
    ("mujun::spatial", r"mujun::spatial"),
    ("mujun::read", r"mujun::read"),
    ("mujun::write", r"mujun::write"),
    ("mujun, the rest", r"mujun::"),
    ("polars", r"polars|hyperlog"),
    ("memory", r"^(?:mi_|_mi_|malloc|free|_int_|realloc|calloc|__mem|operator new|operator delete)|alloc::alloc"),
    ("generic code of Rust", r"core::|alloc::|std::|rayon|hashbrown|indexmap|foldhash|ahash"),
    ("the rest", r""),
]


def count(binary: Path, folder: Path) -> dict[str, int]:
    """Instructions by group."""
    city = folder / "city"
    subprocess.run([binary, "-q", "synth", "--parcels", str(PARCELS), "--seed", str(SEED), "--out", city], check=True, stdout=subprocess.DEVNULL)
    job = city / "job.toml"
    job.write_text(re.sub(r"(?m)^formats .*$", 'formats = ["geojson", "geoparquet", "gpkg"]', job.read_text("utf-8")), "utf-8")
    profile = folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", binary, "-q", "run", job, "--threads", "1"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1) or not profile.exists():
        sys.exit(f"bench-gate: the run under valgrind failed:\n{done.stderr[-2000:]}")
    told = subprocess.run(["callgrind_annotate", "--threshold=100", profile], check=True, capture_output=True, text=True).stdout
    counts = dict.fromkeys((name for name, _ in GROUPS), 0)
    for number, function in re.findall(r"(?m)^ *([\d,]+) \([ \d.]+%\) +\S*?:(\S.*?)(?: \[[^\]]*\])?$", told):
        group = next(name for name, pattern in GROUPS if re.search(pattern, function))
        counts[group] += int(number.replace(",", ""))
    return counts


def counted(groups: dict[str, int]) -> int:
    return sum(number for name, number in groups.items() if "not counted" not in name)


def describe(groups: dict[str, int]) -> str:
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    lines = [
        "# Instructions of a run over a fixed small city; scripts/bench-gate compares, scripts/bench-gate --update writes this file.",
        f'rust = "{rust}"',
        f"instructions = {counted(groups)}",
        "",
        "# Where they are, in thousands; these decide nothing.",
        "[thousands]",
        *(f'"{name}" = {number // 1000}' for name, number in groups.items()),
    ]
    return "\n".join(lines) + "\n"


def compare(groups: dict[str, int], known: dict) -> int:
    now, before = counted(groups), known["instructions"]
    print(f"bench-gate: {now / 1e6:.1f} million instructions, {before / 1e6:.1f} million committed: {100 * (now / before - 1):+.2f} %", file=sys.stderr)
    for name, number in groups.items():
        old = known["thousands"].get(name, 0) * 1000
        if abs(number - old) > 0.002 * before:
            print(f"  {name}: {number / 1e6:.1f} million, {old / 1e6:.1f} committed", file=sys.stderr)
    if now <= before * LIMIT:
        return 0
    print(f"bench-gate: more than {100 * LIMIT - 100:.0f} % above the committed figure (made with {known['rust']})", file=sys.stderr)
    print("hint: find what became slower; if it is worth it, `scripts/bench-gate --update` and say why in the commit", file=sys.stderr)
    return 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    flags = Path("/proc/cpuinfo").read_text("utf-8")
    missing = [name for name in PROCESSOR if not re.search(rf"\b{name}\b", flags)]
    if missing:
        sys.exit(f"bench-gate: this processor lacks {', '.join(missing)}: the counts of benches/gate.toml do not hold on it")
    runs = []
    for number in range(arguments.runs):
        folder = Path(tempfile.mkdtemp(prefix="mujun-gate-" + "x" * number))
        try:
            runs.append(count(arguments.binary.resolve(), folder))
        finally:
            shutil.rmtree(folder)
    totals = sorted(map(counted, runs))
    if len(runs) > 1:
        print(f"bench-gate: {len(runs)} runs, {totals[0]} to {totals[-1]}: spread {100 * (totals[-1] / totals[0] - 1):.3f} %", file=sys.stderr)
    median = next(groups for groups in runs if counted(groups) == totals[len(totals) // 2])
    if arguments.update:
        FIGURES.write_text(describe(median), "utf-8")
        return 0
    return compare(median, tomllib.loads(FIGURES.read_text("utf-8")))


sys.exit(main())
