"""Golden vectors: hashes, buckets and variants that the platform's Lambda path is known to give."""

import csv
import json
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest

from ffcore import Evaluator, Experiment, Flag, FlagSet, hash32
from ffcore.decide import compile_flag

FILE = Path(__file__).with_name("data") / "seed_platform.csv"
ROWS = list(csv.DictReader(StringIO(FILE.read_bytes().decode(), newline="")))
BUCKET_ROWS = [row for row in ROWS if row["op"] == "lambda_bucket"]
ASSIGN_ROWS = [row for row in ROWS if row["op"] == "lambda_assign"]

Row = dict[str, str]


def row_number(row: Row) -> str:
    """The vector's own number names its test."""
    return row["n"]


def test_every_vector_of_the_lambda_path_is_read() -> None:
    """The file holds 60 buckets and 104 assignments of that path."""
    assert (len(BUCKET_ROWS), len(ASSIGN_ROWS)) == (60, 104)


@pytest.mark.parametrize("row", BUCKET_ROWS, ids=row_number)
def test_a_bucket_is_the_platforms(row: Row) -> None:
    """The hash of id and key, and its remainder by the number of buckets, are the platform's."""
    word = hash32(row["unit_id"], row["key"])
    buckets = json.loads(row["params"])["num_buckets"]

    assert (row["hash"], row["bucket"]) == (str(word), str(word % buckets))


@pytest.mark.parametrize("row", BUCKET_ROWS, ids=row_number)
def test_a_rollout_ends_at_the_platforms_bucket(row: Row) -> None:
    """A rollout of all buckets up to a user's own holds the user; one bucket less does not."""
    bucket, buckets = int(row["bucket"]), int(json.loads(row["params"])["num_buckets"])
    shares = [Fraction(count * 100, buckets) for count in (bucket, bucket + 1)]
    below, upto = (compile_flag(Flag(row["key"], True, share, buckets=buckets)) for share in shares)

    assert not below(row["unit_id"], None).enabled
    assert upto(row["unit_id"], None).enabled


@pytest.mark.parametrize("row", ASSIGN_ROWS, ids=row_number)
def test_an_assignment_hashes_as_the_platform_does(row: Row) -> None:
    """The hashes for variant and traffic are the platform's, which divides the first by 2**32 - 1."""
    salt = row["salt"] or row["key"]
    word = hash32(row["unit_id"], f"{salt}_variant")
    traffic = hash32(row["unit_id"], f"{salt}_traffic")

    assert (row["hash"], row["bucket"]) == (str(word), repr(word / (2**32 - 1)))
    assert json.loads(row["params"])["traffic_hash"] == traffic


@pytest.mark.parametrize("row", ASSIGN_ROWS, ids=row_number)
def test_an_assignment_is_the_platforms(row: Row) -> None:
    """An experiment gives the platform's variant, or none to whom the traffic leaves out."""
    stated = json.loads(row["params"])
    arms = [{"key": key, "allocation": share} for key, share in stated["variants"]]
    experiment = Experiment(row["key"], "active", arms, stated["traffic"], salt=row["salt"])  # type: ignore[arg-type]

    decision = Evaluator(FlagSet(experiments=[experiment])).assign(row["unit_id"], row["key"])

    assert row["variant"] == (decision.variant or "<none>")
    assert ("not_in_traffic" if row["variant"] == "<none>" else "assigned") == decision.reason
