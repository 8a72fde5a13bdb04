#!/usr/bin/env python3
"""Whether two JSON answers are the same: numbers to a relative 1e-9 or 1e-6 absolute, all else exactly.

    same.py COMMITTED MADE       exit 1 and the first differences, if any

Not byte by byte: sines and cosines may differ in the last digit from one processor to the next.
"""

import json
import math
import sys


def differences(path: str, a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            if key in a and key in b:
                yield from differences(f"{path}.{key}", a[key], b[key])
            else:
                yield f"{path}.{key}: only in the {'first' if key in a else 'second'}"
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(f"{path}[{i}]", x, y)
    elif isinstance(a, float) and isinstance(b, float):
        if not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6):
            yield f"{path}: {a!r}, {b!r}"
    elif a != b:
        yield f"{path}: {str(a)[:80]!r}, {str(b)[:80]!r}"


def main() -> int:
    first, second = (json.load(open(p, encoding="utf-8")) for p in sys.argv[1:3])
    found = list(differences("", first, second))
    for line in found[:20]:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
