"""The notebooks of the suite: where they lie, which were asked for, and the title and question each opens with."""

import json
from collections.abc import Sequence
from pathlib import Path

import ffcore
from ffcore.errors import suggestion

_HOUSE = Path(__file__).parents[3]


def folder() -> Path:
    """Return the folder `notebooks` of the current directory, its parent or the clone; ConfigError if none has one."""
    for place in (Path.cwd(), Path.cwd().parent, _HOUSE):
        if any((place / "notebooks").glob("*.ipynb")):
            return place / "notebooks"
    raise ffcore.ConfigError([("notebooks", "not found here or beside the package: run ffcore from a clone")])


def targets_file() -> Path:
    """Return the place of data/targets.yaml, beside the folder of the notebooks."""
    return folder().parent / "data" / "targets.yaml"


def select(only: Sequence[str] = ()) -> list[Path]:
    """List the notebooks to run in the order of their names; ConfigError for a name that none has."""
    known = {path.stem: path for path in sorted(folder().glob("*.ipynb"))}
    problems = [("--only", f"no notebook {name!r}{suggestion(name, known)}") for name in only if name not in known]
    if problems:
        raise ffcore.ConfigError(problems)
    return [path for name, path in known.items() if not only or name in only]


def measures_time(notebook: Path) -> bool:
    """Whether a notebook measures time, so that nothing may run beside it: yes, unless its metadata say no.

    The metadata of the notebook itself: `"ffcore": {"measures_time": false}`.
    """
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    return bool(metadata.get("ffcore", {}).get("measures_time", True))


def heading(notebook: Path) -> tuple[str, str]:
    """Read title and question: the first heading of a notebook and the paragraph under it, as plain text."""
    import nbformat  # 0.9 s that notebooks themselves do without

    cell = nbformat.read(notebook, as_version=4).cells[0]
    title, _, rest = cell.source.partition("\n")
    question = rest.strip().split("\n\n")[0].replace("\n", " ")
    return title.lstrip("# ").strip(), question.replace("*", "").replace("`", "").strip()
