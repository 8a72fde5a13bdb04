"""The floor: every input read as columns and what a run wrote written again, and no work done. Two files at a time, as many threads as there are."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio

import core


def main() -> None:
    clock, job = core.Clock(), core.Job(sys.argv[1])
    written = sorted(Path(sys.argv[2]).rglob("*.parquet"))
    layers = {layer["path"] for layer in (job.buildings, job.parcels, job.projects, *job.zones)}
    with ThreadPoolExecutor(job.threads) as pool:
        reads = [pool.submit(pyogrio.read_arrow, path) for path in sorted(layers, key=lambda path: -Path(path).stat().st_size)]
        reads.append(pool.submit(pyarrow.csv.read_csv, job.enterprises))
        for read in reads:
            read.result()
    clock.lap("read")
    tables = [pq.read_table(path) for path in written]
    clock.lap("load results")
    with ThreadPoolExecutor(job.threads) as pool:
        for number, table in enumerate(tables):
            pool.submit(pq.write_table, table, f"{job.out}.{number}.parquet", compression="lz4")
    clock.lap("write")
    clock.tell()


main()
