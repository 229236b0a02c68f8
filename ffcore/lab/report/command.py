"""What `ffcore report` does: runs the notebooks, or works on a run that is there; says how it came out in a word."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ffcore.errors import ConfigError, suggestion

if TYPE_CHECKING:
    from ffcore.lab.report.bundle import Evidence
    from ffcore.lab.report.plan import Plan

INTERRUPTED = "interrupted"
_PROFILE = "standard"


def run(options: Namespace) -> str:
    """Do what the options of `ffcore report` ask for and return a verdict, or `interrupted`."""
    if options.rebuild is not None:
        return _rebuild(options)
    if options.bundle is not None:
        return _bundle(options)
    if options.check:
        return _check(options)
    if options.lint:
        return _lint(options)
    return _run(options)


def _run(options: Namespace) -> str:
    from ffcore.lab.report import plan

    given = _given(options.param, _PROFILE if options.profile is None else options.profile)
    baseline = _baseline(options)
    if options.pdf:
        from ffcore.lab.report import pdf

        pdf.browser()
    if options.resume is not None:
        _refuse("--resume", _orders(options))
    if options.jobs < 1:
        raise ConfigError([("--jobs", f"expected at least 1, got {options.jobs}")])
    prepared = _resumed(options) if options.resume is not None else plan.prepare(options.only, given, options.out)
    from ffcore.lab.report import runner  # half a second that a mistake should not wait for

    report = runner.run(prepared, baseline, options.jobs)
    for result in report.results:
        print(f"{result.verdict:<13} {result.notebook} ({result.seconds:.1f} s){_reason(result.error)}")
    if report.interrupted:
        print("Stopped by Ctrl-C; what was finished is kept.")
    return _told(report.page, INTERRUPTED if report.interrupted else report.verdict, options)


def _resumed(options: Namespace) -> "Plan":
    """The plan of a run that was broken off: the one named, or the newest."""
    from ffcore.lab.report import order

    if options.resume:
        places = [
            path for path in (Path(options.resume), options.out / options.resume) if (path / order.NAME).is_file()
        ]
    else:
        begun = sorted(path.parent for path in options.out.glob(f"*/{order.NAME}") if not path.parent.is_symlink())
        places = [folder for folder in reversed(begun) if not order.is_complete(folder)]
    if not places:
        raise ConfigError([("--resume", f"no run {options.resume or 'that was broken off'} in {options.out}")])
    return order.resume(places[0])


def _rebuild(options: Namespace) -> str:
    """Write the page of a run again, from its result files alone."""
    _refuse("--rebuild", _orders(options))
    folder = chosen(options.rebuild, options.out, "--rebuild")
    from ffcore.lab.report import page, results
    from ffcore.lab.verify.check import worst

    path = page.write(folder, _baseline(options))
    return _told(path, worst(result.verdict for result in results.read_all(folder)), options)


def _bundle(options: Namespace) -> str:
    """Pack a run as evidence."""
    _refuse("--bundle", {**_orders(options), "--baseline": options.baseline, "--pdf": options.pdf})
    folder = chosen(options.bundle, options.out, "--bundle")
    from ffcore.lab.report import bundle

    written = bundle.write(folder)
    return _told_evidence(written, bundle.check(written))


def _check(options: Namespace) -> str:
    """Check a bundle, offline."""
    _refuse("--check", {**_orders(options), "--baseline": options.baseline, "--pdf": options.pdf})
    from ffcore.lab.report import bundle

    return _told_evidence(options.check, bundle.check(options.check))


def _lint(options: Namespace) -> str:
    """Hold the notebooks, or those named, to their rules."""
    _refuse("--lint", {**_orders(options), "--only": "", "--baseline": options.baseline, "--pdf": options.pdf})
    from ffcore.lab.report import lint, notebooks

    chosen_ones = notebooks.select(options.only)
    found = lint.lint(chosen_ones)
    print(*found, f"{len(chosen_ones)} notebooks, {len(found)} problem{'s' * (len(found) != 1)}", sep="\n")
    return "fail" if found else "pass"


def _told_evidence(path: Path, evidence: "Evidence") -> str:
    print(f"{path}: {evidence.files} files, fingerprint {evidence.fingerprint}")
    print(f"{evidence.figures} figures computed again from their raw samples")
    print(*evidence.problems, sep="\n", end="\n" * bool(evidence.problems))
    count = len(evidence.problems)
    print(f"{count} problem{'s' * (count > 1)}" if count else "all as it was, and all parts agree")
    return "fail" if count else "pass"


def _orders(options: Namespace) -> dict[str, object]:
    return {"--only": options.only, "--param": options.param, "--profile": options.profile}


def _told(page: Path, outcome: str, options: Namespace) -> str:
    if options.pdf:
        from ffcore.lab.report import pdf

        print(pdf.write(page).name, "written beside the page")
    code = options.codes[outcome]
    print(f"{page}: {'stopped' if outcome == INTERRUPTED else outcome} (exit code {code})")
    return outcome


def _baseline(options: Namespace) -> Path | None:
    return chosen(options.baseline, options.out, "--baseline") if options.baseline else None


def chosen(name: str, out: Path, option: str) -> Path:
    """Find a run by its folder, or by its name in `out`; ConfigError with the nearest names if it has no results."""
    for folder in (Path(name), out / name):
        if name and folder.is_dir() and any(folder.glob("*.json")):
            return folder
    known = [path.name for path in out.glob("*") if path.is_dir()] if out.is_dir() else []
    raise ConfigError([(option, f"no run {name!r} with result files in {out}{suggestion(name, known)}")])


def _refuse(action: str, others: dict[str, object]) -> None:
    misplaced = [(name, f"does not go with {action}") for name, value in others.items() if value]
    if misplaced:
        raise ConfigError(misplaced)


def _reason(error: dict[str, str] | None) -> str:
    return f": {error['message']}" if error else ""


def _given(pairs: Sequence[str], profile: str) -> dict[str, object]:
    given: dict[str, object] = {"profile": profile}
    problems = [("--param", f"{pair!r} is not NAME=VALUE") for pair in pairs if "=" not in pair]
    if problems:
        raise ConfigError(problems)
    return given | dict(pair.split("=", 1) for pair in pairs)
