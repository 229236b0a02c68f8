"""Ctrl-C in the middle of each command that takes long: one line, exit code 130, and no half-written file.

Those of `ffcore report` and of `ffcore evaluate --users`, which go on where they were, stand in their own tests.
"""

from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[1]
FLAGS, LOG = str(ROOT / "data" / "flags.yaml"), str(ROOT / "data" / "exposures.parquet")
LAB = "ffcore.lab"
VERIFY = ["verify", LOG, "--flags", FLAGS, "--html", "a.html"]
TRIALS = ["--only", "ramp", "--trials", "1"]
#: What a command says it is: its module, its words, and what it is in the middle of.
CASES = {
    "ffcore": (
        "ffcore.cli",
        ["verify", LOG, "--flags", FLAGS, "--html", "a.html"],
        f"{LAB}.verify.log_report.audit_log",
    ),
    "package": ("ffcore.aws.package", ["dist"], "ffcore.aws.package.ZipFile.writestr"),
    "schemes": (f"{LAB}.schemes.command", ["--speed", "--ids", "9"], f"{LAB}.schemes.command.timed"),
    "calibration": (f"{LAB}.testing.calibration.command", TRIALS, f"{LAB}.testing.calibration.command.show_rates"),
}


def interrupted(*_: object, **__: object) -> NoReturn:
    """What Python does where it is when Ctrl-C is pressed."""
    raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_ctrl_c_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, and nothing that looks finished."""
    module, words, middle = CASES[name]
    command = import_module(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(middle, interrupted)

    assert command.main(words) == 130
    assert capsys.readouterr().err.splitlines()[-1] == f"{name}: stopped"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
