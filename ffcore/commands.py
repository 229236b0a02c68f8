"""The commands that need no laboratory: `ffcore evaluate` and `ffcore flags list|validate|load|diff|schema`.

Each prints sentences on a terminal and JSON when its output is piped or ``--json`` asks for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from . import load_command
from .errors import ConfigError, printable, shown, suggestion
from .evaluator import Evaluator
from .flagset import FlagSet
from .loading import load
from .model import DEFAULT_BUCKETS, Experiment, Flag, to_item

PASS, CHANGED = 0, 1
#: Options that go with one user, and with the users of files.
FOR_ONE = ("context", "trace")
FOR_FILES = ("out", "id_column", "carry", "mark_invalid", "overwrite")
#: Decides the users of files as the options say; gives the result as data and as a sentence.
EvaluateFiles: TypeAlias = "Callable[[argparse.Namespace, FlagSet], tuple[dict[str, Any], str]]"


def add_commands(commands: Any, evaluate_files: EvaluateFiles) -> None:
    """Add the parsers of both commands; deciding the users of files is the laboratory's, so a function is given."""
    evaluate = commands.add_parser("evaluate", help="say what one user gets, and with --trace why; or decide files")
    _flag_file(evaluate.add_argument, "--flags", required=True)
    keys = "the flag, or the experiment; for --users several, or all where none is named"
    evaluate.add_argument("--flag", nargs="+", action="extend", default=[], metavar="KEY", help=keys)
    who = evaluate.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="ID")
    who.add_argument("--users", nargs="+", metavar="PATH", help="Parquet and CSV files, folders or patterns")
    evaluate.add_argument("--context", metavar="JSON", help="the user's attributes")
    evaluate.add_argument("--trace", action="store_true", help="explain each step")
    _add_files(evaluate.add_argument_group("with --users"))
    evaluate.set_defaults(evaluate_files=evaluate_files)
    _common(evaluate, _evaluate)
    _add_flags(commands.add_parser("flags", help="list, validate, load or compare flag files, or print their schema"))


def _add_files(files: Any) -> None:
    files.add_argument("--out", metavar="FOLDER", help="where the results lie; repeated, an interrupted call goes on")
    files.add_argument("--id-column", metavar="NAME", help="the column of ids (user_id)")
    files.add_argument("--carry", nargs="+", action="extend", default=[], metavar="NAME", help="columns to copy")
    files.add_argument(
        "--mark-invalid", action="store_true", help="keep null and blank ids, with a reason of their own"
    )
    files.add_argument("--overwrite", action="store_true", help="begin anew where the folder holds other results")


def _add_flags(flags: argparse.ArgumentParser) -> None:
    actions = flags.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("list", _list, "list flags and experiments"),
        ("validate", _validate, "name every mistake, or say that there is none"),
    ):
        action = actions.add_parser(name, help=text)
        _flag_file(action.add_argument, "file")
        _common(action, run)
    loads = actions.add_parser("load", help="write a flag file into DynamoDB's tables or a SQLite file")
    _flag_file(loads.add_argument, "file")
    load_command.add_options(loads)
    _common(loads, _load)
    diff = actions.add_parser("diff", help="say what changed, in words; exit code 1 where anything did")
    _flag_file(diff.add_argument, "old")
    _flag_file(diff.add_argument, "new")
    _common(diff, _diff)
    schema = actions.add_parser("schema", help="print the JSON Schema of flag files")
    schema.set_defaults(command=_schema)


def _flag_file(add_argument: Any, name: str, **options: Any) -> None:
    add_argument(name, metavar="FILE", help="a flag file (JSON or YAML), or a folder of them", **options)


def _common(parser: argparse.ArgumentParser, command: Any) -> None:
    parser.add_argument(
        "--buckets", type=int, default=DEFAULT_BUCKETS, help="the buckets of flags that name none (10000)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=command)


def _evaluate(options: argparse.Namespace) -> int:
    others = FOR_ONE if options.users else FOR_FILES
    misplaced = [f"--{name.replace('_', '-')}" for name in others if getattr(options, name)]
    if misplaced:
        raise ConfigError([(name, f"does not go with --user{'s' * bool(options.users)}") for name in misplaced])
    flags = load(options.flags, options.buckets)
    for key in options.flag:
        _check_known(key, flags)
    if not options.users:
        return _evaluate_one(options, flags)
    if not options.out:
        raise ConfigError([("--out", "expected a folder for the results")])
    data, sentence = options.evaluate_files(options, flags)
    return _print(options, data, sentence)


def _evaluate_one(options: argparse.Namespace, flags: FlagSet) -> int:
    if len(options.flag) != 1:
        raise ConfigError([("--flag", f"expected one key, got {len(options.flag)}")])
    context = _context("{}" if options.context is None else options.context)
    if not options.user.strip():
        raise ConfigError([("--user", f"expected an id that is not blank, got {shown(options.user)}")])
    if printable(options.user) != options.user:
        raise ConfigError([("--user", f"expected an id that UTF-8 can hold, got {shown(options.user)}")])
    trace = Evaluator(flags).trace(options.user, options.flag[0], context)
    details, sentences = trace.to_dict(), str(trace)
    if not options.trace:
        del details["steps"]
        sentences = sentences.splitlines()[-1]
    return _print(options, details, sentences)


def _check_known(key: str, flags: FlagSet) -> None:
    if key not in flags and key not in flags.experiments:
        raise ConfigError(
            [("--flag", f"no flag or experiment {shown(key)}{suggestion(key, [*flags, *flags.experiments])}")]
        )


def _context(text: str) -> dict[str, Any]:
    try:
        context = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError([("--context", f"not JSON: {error}")]) from None
    if not isinstance(context, dict):
        raise ConfigError([("--context", f"expected a JSON object, got {shown(context)}")])
    return context


def _list(options: argparse.Namespace) -> int:
    flags = load(options.file, options.buckets)
    rows = [_summary("flag", flag) for flag in flags.values()]
    rows += [_summary("experiment", experiment) for experiment in flags.experiments.values()]
    return _print(options, flags.to_items(), _table([("", "key", "state", "share", "rules", "variants"), *rows]))


def _summary(kind: str, item: Flag | Experiment) -> tuple[str, ...]:
    if isinstance(item, Flag):
        state, share = "on" if item.enabled else "off", float(item.rollout_percentage)
    else:
        state, share = item.status, 100 * float(item.traffic_allocation)
    arms = ", ".join(f"{arm.key} {to_item(arm.allocation)}" for arm in item.variants)
    return kind, item.key, state, f"{share:g} %", str(len(item.targeting_rules)), arms or "-"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _validate(options: argparse.Namespace) -> int:
    flags = load(options.file, options.buckets)
    counts = {"flags": len(flags), "experiments": len(flags.experiments)}
    return _print(options, {"valid": True, **counts}, f"{options.file}: valid, {flags!r}")


def _load(options: argparse.Namespace) -> int:
    loaded = load_command.run(options)
    return _print(options, loaded.to_dict(), str(loaded))


def _diff(options: argparse.Namespace) -> int:
    diff = load(options.old, options.buckets).diff(load(options.new, options.buckets))
    rows = [{"path": c.path, "before": c.before, "after": c.after, "sentence": c.sentence} for c in diff]
    _print(options, rows, str(diff))
    return CHANGED if diff.changes else PASS


def _schema(_: argparse.Namespace) -> int:
    from .schema import flag_file_schema

    print(json.dumps(flag_file_schema(), indent=2))
    return PASS


def _print(options: argparse.Namespace, data: Mapping[str, Any] | list[Any], sentences: str) -> int:
    if options.json or not sys.stdout.isatty():
        print(_json(data))
    else:
        print(printable(sentences))
    return PASS


def _json(data: Mapping[str, Any] | list[Any]) -> str:
    """JSON with its letters as they are, or by their escapes where the output's encoding lacks one."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(data, indent=2)
    return text
