"""`ffcore verify --vendor`: a log of another vendor's flags against the vendor's own flag file."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import ffcore
from ffcore.errors import ConfigError
from ffcore.lab.report.log_command import STANDARD_OUTPUT, check_targets, write
from ffcore.lab.schemes.files import read_flags
from ffcore.lab.schemes.files.logs import vendor_log
from ffcore.lab.verify.check import Check

#: Options that belong to logs of the platform's own flags.
OWN: dict[str, object] = {"changes": [], "by": None, "html": None}


def judge(options: Namespace) -> Check:
    """The check that the options ask for, written to standard output or a file; a ConfigError for bad input."""
    misplaced = [
        (f"--{name}", "does not go with --vendor") for name, unset in OWN.items() if vars(options)[name] != unset
    ]
    if misplaced:
        raise ConfigError(misplaced)
    target = options.json if options.json != STANDARD_OUTPUT else None
    check_targets([Path(target)] if target else [], Path(options.exposures))
    flags = read_flags(options.flags, options.vendor)
    found = vendor_log(options.exposures, flags)
    left_out = [f"{path}: {message}" for path, message in flags.uncovered]
    data = {"version": ffcore.__version__, "vendor": options.vendor, "not_followed": left_out, **found.to_dict()}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    if target:
        write(Path(target), f"{text}\n")
    print(text if options.json == STANDARD_OUTPUT else "\n".join(_sentences(found, left_out)))
    return found


def _sentences(found: Check, left_out: list[str]) -> list[str]:
    """One line a flag, then what of the file is not followed, then the verdict."""
    lines = []
    for key, row in found.details["by_flag"].items():
        outcome = f"{row['mismatches']:,} differ" if row["mismatches"] is not None else "cannot be recomputed"
        lines.append(f"{key}: {row['rows']:,} rows, {outcome}")
    return [
        *lines,
        *(f"not followed: {line}" for line in left_out),
        f"{found.verdict.upper()}: {found.details['reason']}",
    ]
