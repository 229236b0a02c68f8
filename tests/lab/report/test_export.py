"""Pages of notebooks: self-contained, code folded, noise only where something failed."""

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ffcore.lab import plots
from ffcore.lab.report import export
from ffcore.lab.report.results import Result
from ffcore.lab.verify import sample_ratio

RESULT = Result("demo", "Demo", "", "smoke", {}, 0, "0.1.0", None, {}, "2026-11-23T09:21:00Z", 1.0, "pass")
CRASH = {"kind": "E", "message": "m"}


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    """An executed notebook with a heading, a formula, a figure, standard error, and a traceback."""
    chart = plots.intervals(sample_ratio([4969, 5031], [0.5, 0.5]))
    figure = new_output("execute_result", {"text/html": chart._repr_html_()}, execution_count=1)
    noise = new_output("stream", name="stderr", text=f"loud in {Path.cwd()}/x")
    error = new_output("error", ename="E", evalue="bad", traceback=[f"File {Path.cwd()}/y", "E: bad"])
    cells = [
        new_markdown_cell("# Demo\n\nA formula: $x^2$."),
        new_code_cell("secret_sauce = 1", outputs=[figure, noise, error]),
        new_markdown_cell("An Exception was encountered", metadata={"tags": ["papermill-error-cell-tag"]}),
    ]
    path = tmp_path / "demo.ipynb"
    metadata = {"papermill": {"input_path": "/secret/in", "output_path": "/secret/out", "duration": 1.0}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


def test_nothing_is_fetched_from_outside(executed: Path) -> None:
    """No script, no link, no style and no image of a page has an address on another host."""
    html = export.page(executed, RESULT)

    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", html)
    assert not re.search(r"""https?://|url\(|@import|<script""", html)


def test_code_is_folded_but_there(executed: Path) -> None:
    """Code is one click away."""
    html = export.page(executed, RESULT)

    assert re.search(r'<details class="code"><summary>Code</summary>.*secret_sauce.*?</details>', html, re.DOTALL)


def test_figures_carry_their_alternative_text(executed: Path) -> None:
    """Every image of a page has a text for those who do not see it."""
    images = re.findall("<img[^>]*>", export.page(executed, RESULT))

    assert images
    assert all(re.search('alt="[^"]{20,}"', image) for image in images)


def test_a_good_page_has_no_noise(executed: Path) -> None:
    """Standard error and tracebacks are left out where the notebook succeeded."""
    html = export.page(executed, RESULT)

    assert "loud in" not in html
    assert "E: bad" not in html


def test_a_failed_page_shows_what_happened(executed: Path) -> None:
    """Where the notebook failed, its error output and traceback are on the page, without papermill's banner."""
    html = export.page(executed, replace(RESULT, verdict="fail", error=CRASH))

    assert "loud in" in html
    assert "E: bad" in html
    assert "An Exception was encountered" not in html


def test_a_settled_notebook_names_no_place(executed: Path) -> None:
    """The executed copy keeps its timing and loses the paths of this machine."""
    export.settle(executed)
    text = executed.read_text(encoding="utf-8")

    assert "/secret" not in text
    assert str(Path.cwd()) not in text
    assert '"duration": 1.0' in text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("/x/low/flags.yaml", "./flags.yaml"),
        ("in /x/low.", "in .."),
        ("'/x/low':3", "'.':3"),
        ("\x1b[32m/x/low/cell.py\x1b[39m", "\x1b[32m./cell.py\x1b[39m"),
        ("/x/lowc/y", "/x/lowc/y"),
        ("/x/low-2/y", "/x/low-2/y"),
        ("/x/low.d/y", "/x/low.d/y"),
        ("/srv/x/low/y", "/srv/x/low/y"),
        ("/h/me/other", "~/other"),
        ("/h/me2/other", "/h/me2/other"),
        ("/x/low/.venv/lib/a.py", "<python>/lib/a.py"),
    ],
)
def test_a_place_is_taken_out_only_as_a_whole(monkeypatch: pytest.MonkeyPatch, text: str, short: str) -> None:
    """The longest place wins, in colours too, and a folder whose name only begins or ends alike is left alone."""
    monkeypatch.setattr(Path, "cwd", lambda: Path("/x/low"))
    monkeypatch.setattr(Path, "home", lambda: Path("/h/me"))
    monkeypatch.setattr("sys.prefix", "/x/low/.venv")

    assert export.shorten(text) == short


def test_a_run_at_the_root_keeps_every_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A current directory of / is no place to shorten."""
    monkeypatch.setattr(Path, "cwd", lambda: Path("/"))

    assert export.shorten("1 / 0 in /x/y") == "1 / 0 in /x/y"


def test_what_scrolls_is_reached_by_keyboard(executed: Path) -> None:
    """Preformatted text and wide tables take the focus, so that arrow keys move them."""
    notebook = nbformat.read(executed, as_version=4)
    table = new_output("display_data", {"text/html": "<table><tr><td>1</td></tr></table>"})
    notebook.cells.append(new_code_cell("1", outputs=[table, new_output("stream", text="x")]))
    nbformat.write(notebook, executed)
    html = export.page(executed, RESULT)

    assert len(re.findall(r'<div class="output_html[^>]*tabindex="0">\s*<table', html)) == 1
    assert "<pre>" not in html
