"""Every row of the files of test vectors, one by one and in bulk; and files that say something else are answered."""

import csv
from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab import schemes

DATA = Path(__file__).parents[2] / "data"
HEAD = "n,op,unit_id,key,salt,seed,params,hash,bucket,variant\n"


@pytest.mark.parametrize("name", schemes.NAMES)
def test_all_rows_of_a_vendor_are_reproduced(name: str) -> None:
    """The hash, the bucket, the variant and what else a row states, by both paths."""
    found = schemes.check_vectors(DATA / f"{name}.csv")
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = len(list(csv.DictReader(file)))

    assert sum(counts["total"] for counts in found.values()) == rows >= 100
    assert all(counts["total"] == counts["scalar"] == counts["bulk"] for counts in found.values()), found


@pytest.mark.parametrize("change", ["2611692317,318", "2611692318,319", "318.0000001"])
def test_a_wrong_row_is_counted(change: str, tmp_path: Path) -> None:
    """A row whose hash or bucket is another is reproduced by neither path."""
    row = "17,normalized_hash,e80ef79ba3dc4aa794977af9e0df7177,a,,86028157,"
    params = '"{""node_sdk_bucket"":318,""normalizer"":1000}"'
    stated = {"2611692317,318": "2611692318,318", "2611692318,319": "2611692317,319", "318.0000001": ",318.0000001"}
    file = tmp_path / "unleash.csv"
    file.write_text(f"{HEAD}{row}{params},2611692317,318,\n{row}{params},{stated[change]},\n", encoding="utf-8")

    assert schemes.check_vectors(file) == {"normalized_hash": {"total": 2, "scalar": 1, "bulk": 1}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("unleesh.csv", HEAD, "unleesh.csv: the file's name says no scheme; did you mean unleash?"),
        ("unleash.csv", "n,op\n", "lacks the columns unit_id"),
        ("unleash.csv", HEAD + "1,nothing,a,a,,0,,,1,\n", "row 2: operation 'nothing' is unknown to unleash"),
        ("unleash.csv", HEAD + "1,normalized_hash,a,a,,0,{,,1,\n", "row 2: params is no JSON"),
        ("unleash.csv", HEAD + "1,normalized_hash,a,a,,0,,,1,\n", "row 2: cannot be read as normalized_hash"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered(name: str, text: str, message: str, tmp_path: Path) -> None:
    """The place and what is wrong, not a traceback."""
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        schemes.check_vectors(tmp_path / name)

    assert message in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        schemes.check_vectors(tmp_path / "absent" / "unleash.csv")
