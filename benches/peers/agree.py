"""Whether a peer's result is ours, column by column: `agree.py OURS PEERS…` prints the number of parcels, and for every peer what differs, as JSON."""

import json
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

RELATIVE, ABSOLUTE = 1e-9, 1e-6


def ours(path: str) -> pd.DataFrame:
    table = pq.read_table(path)
    table = table.drop_columns([name for name in ("geometry", "bbox") if name in table.column_names])
    frame = table.to_pandas()
    frame["sliver"] = frame["sliver_status"].eq("eligible")
    return frame.set_index("parcel_id").sort_index()


def differences(own: pd.DataFrame, path: str) -> list[str]:
    """A line for every column that differs, with the number of parcels, the largest difference and an example."""
    peer = pd.read_parquet(path).set_index("parcel_id").sort_index()
    if not own.index.equals(peer.index):
        return [f"the parcels differ: {len(own)} here, {len(peer)} there"]
    lines = []
    for name in peer.columns:
        a, b = own[name], peer[name]
        if b.dtype.kind == "f":
            off = (a - b).abs()
            bad = (a.isna() != b.isna()) | (off > np.maximum(RELATIVE * a.abs(), ABSOLUTE))
            size = f", by up to {off[bad].max():.3g}"
        else:
            bad, size = a.astype(object).where(a.notna(), None) != b.astype(object).where(b.notna(), None), ""
            bad &= ~(a.isna() & b.isna())
        if bad.any():
            lines.append(f"`{name}`: {bad.sum()} parcels{size}, such as {own.index[bad][0]}")
    return lines


def main() -> None:
    own = ours(sys.argv[1])
    print(json.dumps([len(own), [differences(own, path) for path in sys.argv[2:]]]))


main()
