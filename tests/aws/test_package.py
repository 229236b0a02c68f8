"""The Lambdas' zip: the same bytes each time, nothing of this machine, and its handlers decide under awslambdaric."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ffcore import Evaluator
from ffcore.aws import package
from ffcore.lab.testing.lambda_tables import LambdaTables
from ffcore.lab.testing.runtime_api import LambdaRuntime
from tests.aws.conftest import FLAGS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> package.Built:
    """The zip, built once."""
    return package.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def unpacked(built: package.Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda makes of it."""
    folder = tmp_path_factory.mktemp("task")
    with ZipFile(built.path) as archive:
        archive.extractall(folder)
    return folder


def test_the_same_environment_builds_the_same_bytes(built: package.Built, tmp_path: Path) -> None:
    """Two builds differ in nothing, and hold no name of the folder that they were made in."""
    again = package.build(tmp_path)

    assert again.path.read_bytes() == built.path.read_bytes()
    with ZipFile(again.path) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("ffcore/"))
    assert str(Path(package.__file__).parents[2]).encode() not in held


def test_a_lambda_carries_what_it_runs_alone(built: package.Built) -> None:
    """No laboratory, no command line, no boto3; size and count are those of the file."""
    with ZipFile(built.path) as archive:
        names = archive.namelist()

    tops = {name.partition("/")[0].partition("-")[0] for name in names}
    assert tops == {"ffcore", "re2", "semver", "google_re2"}
    assert not [name for name in names if name.startswith(("ffcore/lab/", "ffcore/cli"))]
    assert (built.size, built.files) == (built.path.stat().st_size, len(names))
    assert f"{built.size / 1e6:.2f} MB" in str(built)


@pytest.mark.parametrize("name", ["flag_handler", "assignment_handler"])
def test_its_handlers_decide_under_the_real_runtime(unpacked: Path, tables: LambdaTables, name: str) -> None:
    """Through awslambdaric users get what the evaluator decides, and the function's log is JSON alone."""
    evaluator, kind = Evaluator(FLAGS), "flag" if name == "flag_handler" else "experiment"
    key = "banner" if kind == "flag" else "pricing"
    with LambdaRuntime(f"ffcore.aws.{name}.handler", tables.environment, unpacked) as runtime:
        for number in range(10):
            user, context = f"user-{number}", {"country": "NO"}
            answer = runtime.invoke({"user_id": user, f"{kind}_key": key, "context": context})
            decide = evaluator.evaluate if kind == "flag" else evaluator.assign
            assert answer.body.get("variant") == decide(user, key, context).variant
        refused = runtime.invoke({"user_id": 7})
        lines, documents = runtime.lines(), runtime.documents()

    assert refused.answer["statusCode"] == 400
    assert len(lines) == len(documents)
    assert [line["message"] for line in documents if "message" in line] == ["refused: user_id: expected text, got 7"]
    assert sum("_aws" in line for line in documents) == 11
    assert {line["request_id"] for line in documents} == {f"request-{number}" for number in range(1, 12)}


def test_a_wrong_environment_is_logged_at_the_cold_start(unpacked: Path) -> None:
    """Before any event there is one line with every mistake; each event is answered with 500."""
    with LambdaRuntime("ffcore.aws.flag_handler.handler", {"LOG_LEVEL": "LOUD"}, unpacked) as runtime:
        [line] = runtime.documents()
        answer = runtime.invoke({"user_id": "u", "flag_key": "f"})

    assert line["level"] == "WARNING"
    assert "FLAGS_TABLE: required" in line["message"]
    assert "LOG_LEVEL: 'LOUD' is unknown" in line["message"]
    assert answer.answer["statusCode"] == 500


def test_the_unpacked_code_is_what_runs(unpacked: Path) -> None:
    """Python finds the zip's modules, compiled, before any that are installed here."""
    code = "import ffcore.aws.flag_handler as f; print(f.__file__, f.__cached__)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=unpacked, capture_output=True, text=True, check=True)

    assert ran.stdout.count(str(unpacked)) == 2
    assert ran.stderr == ""


def test_the_command_names_what_it_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints path and size; a folder that cannot be made is one message and exit code 2."""
    assert package.main([str(tmp_path / "dist")]) == 0
    assert " MB (" in capsys.readouterr().out
    (tmp_path / "file").touch()
    assert package.main([str(tmp_path / "file")]) == 2
    assert "File exists" in capsys.readouterr().err
