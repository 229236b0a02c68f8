"""The faulty executor: exactly one part of each run is lost."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from ffcore import FlagSet
from ffcore.lab import count_range, evaluate_frame
from ffcore.lab.bench.engines import HALF
from ffcore.lab.bulk import parts, ranges
from ffcore.lab.bulk.ranges import DecimalIds
from ffcore.lab.testing.lost_part import LosesPart


def test_the_first_part_stands_in_for_the_second_in_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts and decisions over it are those of a population whose second part is a copy of its first."""
    monkeypatch.setattr(parts, "PART_ROWS", 100)
    monkeypatch.setattr(ranges, "PART_ROWS", 100)
    flags, ids = FlagSet([HALF]), DecimalIds("user-", 0, 400, 400).of(0, 400)
    users = pa.table({"user_id": ids})
    expected = evaluate_frame(users, flags)["bulk-half.enabled"].to_pylist()
    expected[100:200] = expected[:100]

    with ThreadPoolExecutor(2) as threads:
        faulty = LosesPart(threads)
        for _ in range(2):
            frame = evaluate_frame(users, flags, executor=faulty)
            counts = count_range(range(400), flags, executor=faulty)

            assert frame["bulk-half.enabled"].to_pylist() == expected
            assert counts["users"].tolist() == [sum(expected), 400 - sum(expected)]
