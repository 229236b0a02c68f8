"""The documentation: it builds without a warning, and each of its code blocks is run or read."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ffcore import Flag, FlagSet
from ffcore.reading import parse_json, parse_yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs").glob("[!_n]*/*.md"))
BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The code blocks of a language, each with its page's name."""
    for page in PAGES:
        for indent, name, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if name == language:
                yield page.name, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    """Python with prompts (doctests), commands, YAML and JSON, and Sphinx's own directives; nothing else."""
    found = {name for page in PAGES for _, name, _ in BLOCK.findall(page.read_text(encoding="utf-8"))}

    assert found == {"pycon", "console", "yaml", "json", "{toctree}", "{eval-rst}"}
    assert all(">>> " in text for _, text in blocks("pycon"))


@pytest.mark.slow
@pytest.mark.parametrize(("page", "text"), list(blocks("console")))
def test_commands_say_what_the_page_shows(page: str, text: str) -> None:
    """A command prints what stands below it; `...` stands for the rest."""
    command, _, expected = text.partition("\n")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", "-c", command.removeprefix("$ ")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = done.stdout + done.stderr

    assert doctest.OutputChecker().check_output(expected, shown, doctest.ELLIPSIS), f"{page}: {shown}"


def test_flag_files_are_read() -> None:
    """A page's YAML is a flag file, or a workflow whose commands are this project's."""
    for page, text in blocks("yaml"):
        data = yaml.safe_load(text)
        if "jobs" in data:
            steps = data["jobs"]["verify"]["steps"]
            assert [step["run"].split()[1] for step in steps if "run" in step] == ["test", "report"]
        else:
            assert len(FlagSet.from_items(**parse_yaml(text))) == 1, page


def test_items_are_read() -> None:
    """A page's JSON is a flag's item."""
    assert [Flag.from_item(parse_json(text)).key for _, text in blocks("json")] == ["new-search"]


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    """A missing reference, page or docstring would be one."""
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "-d", str(tmp_path / "trees")]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path / "html")], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0
    html = (tmp_path / "html" / "reference" / "verify.html").read_text(encoding="utf-8")
    assert "sequential_sample_ratio" in html
    assert "Return type" not in "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("html/*/*.html"))
    assert not re.search(r'(?:src|href)="https?://(?!pradyunsg|www\.sphinx-doc|github\.com/pradyunsg)', html)
