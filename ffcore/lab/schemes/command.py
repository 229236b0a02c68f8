"""What the package prints when it is run: the rows of vectors that schemes reproduce, or the pace of their hashes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.ending import ended
from ffcore.errors import ConfigError
from ffcore.lab.bench.estimate import quantiles
from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.primitives.hashes import HASHES
from ffcore.lab.schemes import check_vectors
from ffcore.lab.schemes.draws import PART_ROWS, Hashed, in_parts

PREFIX = "checkout:"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table; 0 where all rows are reproduced, 1 where one is not, 2 where a file cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m ffcore.lab.schemes",
        description="Hold schemes against test vectors, one by one and in bulk, or time their hashes.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="<scheme>.csv with a vendor's test vectors")
    parser.add_argument("--speed", action="store_true", help="the pace of each hash function, on one core and on all")
    parser.add_argument("--ids", type=int, default=4_000_000, help="how many ids are hashed at a time")
    parser.add_argument("--rounds", type=int, default=7, help="how many times each hash function is timed")
    options = parser.parse_args(arguments)
    if not options.files and not options.speed:
        parser.error("expected files of test vectors, or --speed")
    return ended("schemes", lambda: told(options))


def told(options: argparse.Namespace) -> int:
    """Print what the options ask for."""
    sizes = {"--ids": options.ids, "--rounds": options.rounds}
    problems = [(name, f"expected at least 1, got {size}") for name, size in sizes.items() if size < 1]
    if problems:
        raise ConfigError(problems)
    if options.speed:
        print(*paces(options.ids, options.rounds), sep="\n")
    return max((show(file) for file in options.files), default=0)


def show(file: str) -> int:
    """Print what a file's rows say of its scheme; 1 if a row is not reproduced."""
    missed = 0
    for operation, counts in check_vectors(file).items():
        missed += 2 * counts["total"] - counts["scalar"] - counts["bulk"]
        numbers = f"{counts['total']:6,} rows  {counts['scalar']:6,} one by one  {counts['bulk']:6,} in bulk"
        print(f"{file:40s} {operation:26s} {numbers}", flush=True)
    return int(missed > 0)


def paces(count: int, rounds: int) -> Iterator[str]:
    """The pace of each hash function over ids of 13 bytes and a prefix of 9, rounds interleaved."""
    ids = id_array([f"user-{number:08d}" for number in range(count)])
    draws = {name: Hashed(function, PREFIX) for name, function in HASHES.items()}
    for draw in draws.values():
        draw.raws(ids.part(0, min(len(ids), PART_ROWS)))
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in draws}
    for _ in range(rounds):
        for name, draw in draws.items():
            times[name].append((timed(draw, ids, threads=False), timed(draw, ids, threads=True)))
    yield f"{'M ids/s':14s} {'one core':>22s} {'all cores':>22s}   (median [95 %], {count:,} ids, {rounds} rounds)"
    for name, found in times.items():
        one, every = (np.array(column) for column in zip(*found, strict=True))
        yield f"{name:14s} {shown(count / one):>22s} {shown(count / every):>22s}"


def timed(draw: Hashed, ids: Ids, *, threads: bool) -> float:
    """Seconds for all ids, part by part."""
    start = perf_counter()
    if threads:
        in_parts(partial(hashed, draw), ids)
    else:
        for place in range(0, len(ids), PART_ROWS):
            hashed(draw, ids.part(place, min(place + PART_ROWS, len(ids))))
    return perf_counter() - start


def hashed(draw: Hashed, ids: Ids) -> NDArray[Any]:
    """The ids' hashes are made and dropped: joining wide ones would time the memory."""
    draw.raws(ids)
    return np.zeros(1)


def shown(rates: NDArray[np.float64]) -> str:
    """A median and its interval in millions."""
    (found,) = quantiles(rates / 1e6, [0.5])
    bounds = "too few rounds" if found.low is None else f"{found.low:.1f}, {found.high:.1f}"
    return f"{np.median(rates) / 1e6:.1f} [{bounds}]"
