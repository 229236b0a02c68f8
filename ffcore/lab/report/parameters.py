"""Strict notebook parameters: what a notebook declares, and the values of one run, every mistake named at once.

papermill only warns about an unknown name and never checks a type; here both are errors before anything runs.
"""

import ast
import json
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from math import isfinite
from pathlib import Path

import ffcore
from ffcore.errors import shown, suggestion

COMMON = ("flags", "population", "id_column", "profile", "fault")
_CHOICES = "one of: "


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a `parameters` cell: `name: kind = default  # help`, where the help may end in "one of: a, b"."""

    name: str
    kind: str
    default: object
    help: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The values allowed beside the default, empty if any value of the right type will do."""
        _, found, listed = self.help.partition(_CHOICES)
        return tuple(choice.strip() for choice in listed.split(",")) if found else ()

    def parse(self, value: object) -> object:
        """Turn text into the declared type and check type and choice; ValueError says what was expected.

        >>> Parameter("looks", "int", 5, "").parse("7")
        7
        """
        parsed = _READERS[self.kind](value) if isinstance(value, str) else value
        if not isinstance(parsed, _TYPES[self.kind]) or (isinstance(parsed, bool) and self.kind != "bool"):
            raise ValueError(f"{shown(value)} is no {self.kind}")
        if isinstance(parsed, str) and not parsed.strip() and parsed != self.default:
            raise ValueError(f"expected text that is not blank, got {shown(value)}")
        if self.choices and parsed != self.default and parsed not in self.choices:
            raise ValueError(f"{shown(value)} is not allowed{suggestion(value, self.choices)}")
        return parsed


def declared(notebook: Path) -> dict[str, Parameter]:
    """Read a notebook's `parameters` cell; ConfigError if it is missing, not literal or lacks a common parameter.

    A file that is no notebook, or a cell that is no Python, is a ConfigError as well.
    """
    problems: list[tuple[str, str]] = []
    found: dict[str, Parameter] = {}
    for name, (statement, comment) in _statements(notebook).items():
        try:
            found[name] = _parameter(name, statement, comment)
        except ValueError as error:
            problems.append((f"{notebook.stem}: {name}", str(error)))
    missing = [name for name in COMMON if name not in found and f"{notebook.stem}: {name}" not in dict(problems)]
    problems += [(f"{notebook.stem}: {name}", "missing from its `parameters` cell") for name in missing]
    if problems:
        raise ffcore.ConfigError(problems)
    return found


def resolve(notebooks: Sequence[Path], given: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Check `given` against every notebook and return, by notebook name, the full parameters of a run.

    A value given as text is read as the declared type. A parameter must exist in at least one notebook.
    Raises ConfigError with all problems of all notebooks.
    """
    problems: list[tuple[str, str]] = []
    parameters: dict[str, dict[str, Parameter]] = {}
    for notebook in notebooks:
        try:
            parameters[notebook.stem] = declared(notebook)
        except ffcore.ConfigError as error:
            problems += error.problems
    known = sorted({name for declarations in parameters.values() for name in declarations})
    problems += [(name, f"unknown parameter{suggestion(name, known)}") for name in given if known and name not in known]
    values = {
        notebook: {name: _value(declaration, given, problems) for name, declaration in declarations.items()}
        for notebook, declarations in parameters.items()
    }
    if problems:
        raise ffcore.ConfigError(list(dict.fromkeys(problems)))
    return values


def _value(declaration: Parameter, given: Mapping[str, object], problems: list[tuple[str, str]]) -> object:
    if declaration.name not in given and declaration.default is None:
        problems.append((declaration.name, f"missing: a value of type {declaration.kind} has to be given"))
    if declaration.name not in given:
        return declaration.default
    try:
        return declaration.parse(given[declaration.name])
    except ValueError as error:
        problems.append((declaration.name, str(error)))
        return None


def _cell(notebook: Path) -> str:
    """The source of the `parameters` cell, read as plain JSON: nbformat and papermill take two seconds to import."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    if content["nbformat"] != 4:
        raise ValueError(f"nbformat {content['nbformat']}, expected 4")
    tagged = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ffcore.ConfigError([(notebook.stem, f"has {len(tagged)} cells tagged `parameters`, needs exactly one")])
    return "".join(tagged[0]["source"])


def _statements(notebook: Path) -> dict[str, tuple[ast.stmt, str]]:
    """Each assignment of the `parameters` cell by its name, with the comment at its end."""
    try:
        cell = _cell(notebook)
        statements = ast.parse(cell).body
        tokens = list(tokenize.generate_tokens(StringIO(cell).readline))
    except ffcore.ConfigError:
        raise
    except Exception as error:  # damaged files meet readers that expect whole ones, so any kind may come
        reason = str(error).partition("\n")[0]
        raise ffcore.ConfigError([(notebook.stem, f"is no notebook that can be read: {reason}")]) from error
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    targets = [(s, s.target if isinstance(s, ast.AnnAssign) else getattr(s, "targets", [None])[0]) for s in statements]
    return {t.id: (s, comments.get(s.end_lineno or 0, "")) for s, t in targets if isinstance(t, ast.Name)}


def _parameter(name: str, statement: ast.stmt, comment: str) -> Parameter:
    kind = ast.unparse(statement.annotation) if isinstance(statement, ast.AnnAssign) else ""
    value = getattr(statement, "value", None)
    if kind not in _TYPES or value is None:
        raise ValueError(f"needs a default and an annotation out of {', '.join(_TYPES)}")
    try:
        return Parameter(name, kind, ast.literal_eval(value), comment)
    except (ValueError, TypeError) as error:
        raise ValueError(f"its default {ast.unparse(value)} is no literal") from error


def _truth(text: str) -> object:
    words: dict[str, object] = {"true": True, "false": False}
    return words.get(text.lower(), text)


def _finite(text: str) -> object:
    number = _or_text(float)(text)
    return number if isinstance(number, float) and isfinite(number) else text


def _or_text(reader: Callable[[str], object]) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return reader(text)
        except (ValueError, SyntaxError):
            return text

    return read


_TYPES: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (float, int), "bool": bool, "list": list}
_READERS: dict[str, Callable[[str], object]] = {
    "str": str,
    "int": _or_text(int),
    "float": _finite,
    "bool": _truth,
    "list": _or_text(ast.literal_eval),
}
