"""Runs mujun and its peers in turn over the same cities and writes the results. `scripts/bench-peers --help` has the options."""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

from report import write_report

HERE = Path(__file__).parent
PEERS = {"sedonadb": ("sedona_peer.py", "sedonadb"), "duckdb": ("duckdb_peer.py", "duckdb"), "geopandas": ("geopandas_peer.py", "geopandas")}


class Run:
    """What one process took, its children with it."""

    def __init__(self, command: list, log: Path):
        started = time.perf_counter()
        with log.open("wb") as out:
            process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
        self.wall_s = time.perf_counter() - started
        self.user_s, self.system_s, self.peak_mb = usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024
        self.faults = usage.ru_minflt
        process.returncode = os.waitstatus_to_exitcode(status)
        # A run with blocking findings has written everything too.
        if process.returncode not in (0, 1) or (process.returncode == 1 and command[0] == sys.executable):
            sys.exit(f"bench-peers: `{' '.join(map(str, command))}` ended with {process.returncode}:\n{log.read_text('utf-8')[-2000:]}")
        self.text = log.read_text("utf-8")


class City:
    """A folder of inputs, and the jobs that are run over it."""

    def __init__(self, name: str, folder: Path, work: Path, threads: int):
        self.name, self.folder, self.work = name, folder.resolve(), work
        work.mkdir(parents=True, exist_ok=True)
        text = (self.folder / "job.toml").read_text("utf-8")
        job = tomllib.loads(text)
        self.parcels, self.synthetic = 0, False
        self.full = self.job("full", text, job["rules"])
        self.core = self.job("core", text, [str(HERE.resolve() / "bench")])
        self.spec = {peer: self.peer_spec(job, peer, threads) for peer in [*PEERS, "floor"]}

    def job(self, name: str, text: str, rules: list[str]) -> Path:
        """The job of the city with absolute paths and without GeoJSON."""
        text = re.sub(r'(?m)^(\s*path\s*=\s*)"([^/"][^"]*)"', lambda m: f'{m[1]}"{self.folder / m[2]}"', text)
        text = re.sub(r"(?ms)^rules\s*=\s*\[.*?\]", f"rules = {json.dumps(rules)}", text)
        text = re.sub(r"(?ms)^formats\s*=\s*\[.*?\]", 'formats = ["geoparquet"]', text)
        path = self.work / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    def peer_spec(self, job: dict, peer: str, threads: int) -> Path:
        def layer(entry: dict) -> dict:
            # A field is a name, or a table with the column and its unit; the peers take no other units.
            fields = {own: source if isinstance(source, str) else source["column"] for own, source in entry.get("fields", {}).items()}
            return {"path": str(self.folder / entry["path"]), "fields": fields} | ({"layer": entry["layer"]} if "layer" in entry else {})

        zones = [layer(zone) | {"kind": zone["kind"], "where": zone.get("where")} for zone in job["zones"]]
        spec = {name: layer(job[name]) for name in ("parcels", "buildings", "projects")} | {"zones": zones, "threads": threads}
        spec |= {"enterprises": str(self.folder / job["tables"][0]["path"]), "year": int(str(job["as_of"])[:4]), "out": str(self.result(peer))}
        path = self.work / f"{peer}.json"
        path.write_text(json.dumps(spec), "utf-8")
        return path

    def result(self, peer: str) -> Path:
        return self.work / f"{peer}.parquet"


class Bench:
    def __init__(self, arguments: argparse.Namespace):
        self.arguments, self.binary = arguments, arguments.binary.resolve()
        self.threads = os.cpu_count() or 1

    def ours(self, city: City, job: Path, threads: int) -> Run:
        out = city.work / f"run-{job.stem}"
        return Run([self.binary, "-q", "run", job, "--out", out, "--threads", threads], city.work / "mujun.log")

    def peer(self, city: City, peer: str) -> Run:
        return Run([sys.executable, HERE / PEERS[peer][0], city.spec[peer]], city.work / f"{peer}.log")

    def measure(self, city: City) -> dict:
        """All runs of a city, every system in turn, so that a slow minute of the machine hits all."""
        tasks = {"mujun, core job": lambda: self.ours(city, city.core, self.threads)}
        tasks |= {peer: lambda peer=peer: self.peer(city, peer) for peer in self.arguments.peers}
        tasks["mujun, full job"] = lambda: self.ours(city, city.full, self.threads)
        tasks["mujun, full job, 1 thread"] = lambda: self.ours(city, city.full, 1)
        tasks["floor"] = lambda: Run([sys.executable, HERE / "floor.py", city.spec["floor"], city.work / "run-full"], city.work / "floor.log")
        runs = {name: [] for name in tasks}
        for number in range(self.arguments.rounds):
            for name, task in tasks.items():
                runs[name].append(task())
                print(f"bench-peers: {city.name}, round {number + 1}, {name}: {runs[name][-1].wall_s:.2f} s", file=sys.stderr)
        if self.arguments.idle:
            name = f"mujun, full job, after {self.arguments.idle:.0f} s idle"
            runs[name] = []
            for _ in range(min(3, self.arguments.rounds)):
                time.sleep(self.arguments.idle)
                runs[name].append(self.ours(city, city.full, self.threads))
        return runs

    def compare(self, city: City) -> dict[str, list[str]]:
        """In a process of its own: one that is started by a large one has its peak memory for a start."""
        peers = self.arguments.peers
        command = [sys.executable, HERE / "agree.py", city.work / "run-core" / "inventory.parquet", *map(city.result, peers)]
        city.parcels, lines = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)
        return dict(zip(peers, lines, strict=True))


def cities(arguments: argparse.Namespace, threads: int) -> list[City]:
    found = []
    for parcels in arguments.parcels:
        folder = arguments.data / f"city-{parcels}"
        if not (folder / "job.toml").exists():
            command = [arguments.binary.resolve(), "-q", "synth", "--parcels", parcels, "--seed", 7, "--out", folder]
            subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        found.append(City(f"mujun synth --parcels {parcels} --seed 7", folder, arguments.data / f"work-{parcels}", threads))
        found[-1].synthetic = True
    for folder in arguments.city:
        found.append(City(folder.name, folder, arguments.data / f"work-{folder.name}", threads))
    return found


def machine() -> dict[str, str]:
    info = Path("/proc/cpuinfo").read_text("utf-8")
    model = re.search(r"model name\s*: (.*)", info)
    memory_kb = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text("utf-8"))[1])
    return {
        "processor": f"{model[1] if model else platform.machine()}, {os.cpu_count()} logical",
        "memory": f"{memory_kb / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}",
        "load when it began": f"{os.getloadavg()[0]:.1f}",
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--parcels", default="100000")
    parser.add_argument("--city", type=Path, action="append", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--idle", type=float, default=20)
    parser.add_argument("--out", type=Path, default=HERE.parent / "RESULTS.md")
    arguments = parser.parse_args()
    arguments.parcels = [int(number) for number in arguments.parcels.split(",") if number != "none"]
    arguments.peers = [peer for peer in arguments.peers.split(",") if peer]
    if unknown := set(arguments.peers) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))} (known: {', '.join(PEERS)})")
    bench, about = Bench(arguments), machine()
    if os.getloadavg()[0] > 1:
        print("bench-peers: something else is running on this machine: the ratios will not hold", file=sys.stderr)
    versions = {name: version(name) for name in ("sedonadb", "duckdb", "geopandas", "shapely", "pyogrio", "pyarrow")}
    versions["mujun"] = subprocess.run([bench.binary, "--version"], capture_output=True, text=True).stdout.split()[-1]
    results, failed = [], False
    for city in cities(arguments, bench.threads):
        runs = bench.measure(city)
        differences = bench.compare(city)
        failed |= any(differences.values())
        results.append((city, runs, differences))
    options = " ".join(part for part in sys.argv[1:] if part)
    command = "scripts/bench-peers " + re.sub(r"--(binary|data|out) \S+ ?", "", options)
    write_report(arguments.out, results, about, versions, command.strip())
    for city, _, differences in results:
        for peer, lines in differences.items():
            for line in lines:
                print(f"bench-peers: {city.name}: {peer} differs: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
