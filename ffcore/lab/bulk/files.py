"""evaluate_files: a population in Parquet and CSV files, larger than memory, decided part by part into Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.columns import attributes
from ffcore.lab.bulk.ids import check_on_invalid
from ffcore.lab.bulk.inputs import Paths, find_files, refuse, survey
from ffcore.lab.bulk.output import Output, open_output
from ffcore.lab.bulk.plan import plans_of
from ffcore.lab.bulk.stream import Job, decide_files, part_rows
from ffcore.log import warning

#: The form of parts and manifest; a run that was begun under another number is not gone on with.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What lies in a folder of results: rows, part files (`skipped`: finished before this call), ids marked invalid.

    >>> print(Summary(Path("decided"), rows=2_000_000, parts=2, skipped=1, invalid=0))
    2,000,000 rows in 2 parts in decided; 1 was finished before
    """

    path: Path
    rows: int
    parts: int
    skipped: int
    invalid: int

    def __str__(self) -> str:
        text = f"{self.rows:,} rows in {_count(self.parts, 'part')} in {self.path}"
        if self.skipped:
            text += f"; {self.skipped:,} {'was' if self.skipped == 1 else 'were'} finished before"
        return text + (f"; {_count(self.invalid, 'invalid id')} marked" if self.invalid else "")


def evaluate_files(  # noqa: PLR0913 - each is a choice of its own
    paths: Paths,
    flags: FlagSet,
    out: str | os.PathLike[str],
    keys: Iterable[str] | None = None,
    user_id: str = "user_id",
    *,
    carry: Sequence[str] = (),
    on_invalid: str = "raise",
    overwrite: bool = False,
    progress: bool | None = None,
) -> Summary:
    r"""Every user of Parquet and CSV files decided by flags and experiments, in bounded memory.

    Args:
        paths: a file, a folder (with all folders in it) or a pattern such as `"users/*.parquet"`, or several. Parquet,
            and CSV in UTF-8 with a first line of names, also compressed (`.csv.gz`). In a CSV, ids are text; another
            column has the type of its values in the first 8 MB of the files: numbers, or `true` and `false`, else text
            (dates too). An empty field is missing; `NA` is missing among numbers and text among text.
        flags: where the keys are looked up.
        out: the folder of results. A call that was interrupted goes on when it is repeated: parts that are finished
            are kept. With other flags, keys, columns or files it is refused.
        keys: flags, or experiments (a key that is both means the flag); None for all of both.
        user_id: the column of ids: text, or whole numbers (decided as `str(id)`).
        carry: further columns to copy into the results.
        on_invalid: "raise", or "mark" to give null and blank ids the reason `invalid_user_id`.
        overwrite: begin anew where `out` holds the results of other arguments.
        progress: show a bar on standard error; None: where that is a terminal.

    Returns:
        A Summary. Part files in `out`, one or more for each input file, have names in the order of the rows. They
        hold the ids, the columns carried, and `<key>.enabled`, `<key>.variant` and `<key>.reason` as `evaluate_frame`
        gives them.
        A part is seen once it is whole; `pandas.read_parquet(out)` reads them all.

    Raises:
        ConfigError: before work begins, a path, file, column or key that cannot be used; while it goes on, a damaged
            file, a value that does not fit its column's type, or invalid ids with their rows (the first is row 0).

    >>> import tempfile
    >>> from ffcore import Flag
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "users.csv").write_text("user_id\n007\n008\n", encoding="utf-8")
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> evaluate_files(folder / "users.csv", flags, folder / "decided").rows
    2
    >>> import pandas as pd
    >>> pd.read_parquet(folder / "decided")[["user_id", "dark-mode.enabled"]].values.tolist()
    [['007', True], ['008', False]]
    """
    check_on_invalid(on_invalid)
    plans = plans_of(flags, keys)
    wanted = [plan.key for plan in plans]
    if not wanted:
        raise ConfigError([("keys", "there is no flag and no experiment to decide")])
    carried = carried_columns(carry, user_id, wanted)
    folder = _folder(out)
    _column(user_id)
    looked_at = {name for plan in plans if plan.active for name in attributes(plan.rules)} - {"user_id"}
    population = survey(find_files(paths, folder), user_id, carried, looked_at)
    if population.absent:
        absent = ", ".join(population.absent)
        warning("the files have no column for %s: rules take it as missing for every user", absent)
    job = Job(flags, wanted, user_id, carried, on_invalid, population)
    with open_output(folder, _arguments(job), overwrite=overwrite) as output:
        before = len(output.finished)
        if on_invalid == "raise":
            _refuse_marked(output, job)
        decide_files(job, output, progress)
        parts = output.finished.values()
        rows, invalid = sum(part.rows for part in parts), sum(part.invalid for part in parts)
        return Summary(folder, rows, len(parts), before, invalid)


def _column(user_id: object) -> None:
    if not isinstance(user_id, str):
        raise ConfigError([("user_id", f"expected the name of the column of ids, got {shown(user_id)}")])


def _folder(out: object) -> Path:
    if not isinstance(out, str | os.PathLike) or not str(out).strip():
        raise ConfigError([("out", f"expected a folder for the results, got {shown(out)}")])
    return Path(out).expanduser()


def carried_columns(carry: Sequence[str], user_id: str, keys: Sequence[str]) -> list[str]:
    """The columns to copy beside ids and results, each once; a ConfigError where a name is taken."""
    if isinstance(carry, str) or not isinstance(carry, Iterable):
        raise ConfigError([("carry", f"expected several columns, got {shown(carry)}")])
    results = {f"{key}.{kind}" for key in keys for kind in ("enabled", "variant", "reason")}
    taken = [name for name in (user_id, *carry) if name in results]
    if taken:
        raise ConfigError([(name, "a column of the results has this name already") for name in taken])
    return [name for name in dict.fromkeys(carry) if name != user_id]


def _arguments(job: Job) -> dict[str, Any]:
    """What decides the content of part files."""
    files = job.population.inputs
    flags = [job.flags[key] for key in job.keys if key in job.flags]
    experiments = [job.flags.experiments[key] for key in job.keys if key not in job.flags]
    return {
        "format": FORMAT,
        "user_id": job.user_id,
        "carry": job.carry,
        "keys": job.keys,
        "flags": FlagSet(flags, experiments).to_items(),
        "files": {str(file.path.absolute()): [file.size, file.modified] for file in files},
        "columns": {field.name: str(field.type) for field in job.schema},
        "part_rows": [part_rows(file) for file in files],
    }


def _refuse_marked(output: Output, job: Job) -> None:
    """Finished parts may hold ids that an earlier call marked."""
    marked = [
        (str(job.population.inputs[part.file].path), f"{job.user_id}: {part.invalid:,} ids are null or blank")
        for part in output.finished.values()
        if part.invalid
    ]
    if marked:
        refuse([*marked, ("on_invalid", 'an earlier call has marked these; go on with on_invalid="mark"')])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
