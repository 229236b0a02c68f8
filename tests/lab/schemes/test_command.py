"""The command: rows counted, exit codes, and a table of paces."""

from pathlib import Path

import pytest

from ffcore.lab.primitives.hashes import HASHES
from ffcore.lab.schemes.command import main

DATA = Path(__file__).parents[2] / "data"


def test_rows_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Each operation of each file, with exit code 0 where all rows are reproduced."""
    assert main([str(DATA / "configcat.csv"), str(DATA / "featbit.csv")]) == 0
    printed = capsys.readouterr().out
    assert "percentage_options            137 rows     137 one by one     137 in bulk" in printed
    assert "rollout                       334 rows     334 one by one     334 in bulk" in printed


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that is not reproduced gives 1, a file that cannot be read 2 with a message, no argument a usage."""
    head, row = (DATA / "featbit.csv").read_text(encoding="utf-8").splitlines()[:2]
    (tmp_path / "featbit.csv").write_text(f"{head}\n{row.replace(',true', ',no').replace(',false', ',no')}\n")

    assert main([str(tmp_path / "featbit.csv")]) == 1
    assert main([str(tmp_path / "featbot.csv")]) == 2
    assert "did you mean featbit?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([])


def test_paces_of_all_hash_functions(capsys: pytest.CaptureFixture[str]) -> None:
    """Every hash function has a row; few rounds carry no interval, and it is said."""
    assert main(["--speed", "--ids", "1000", "--rounds", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line.split()[0] for line in lines[1:]] == list(HASHES)
    assert "too few rounds" in lines[1]
