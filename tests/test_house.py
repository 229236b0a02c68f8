"""The rules of the house: what may import what, what a module looks like, what no file may name."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

from ffcore.lab.report.lint import lint

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "ffcore").rglob("*.py"))
SCRIPTS = [*MODULES, *sorted((ROOT / "data").rglob("*.py")), *sorted((ROOT / "tests").rglob("test_*.py"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = sorted(
    path
    for pattern in [
        "*.*",
        "Makefile",
        "LICENSE",
        ".ci/*",
        "data/**/*",
        "ffcore/**/*",
        "notebooks/*",
        "reports/sample/**/*",
        "tests/**/*",
    ]
    for path in ROOT.glob(pattern)
    if path.is_file() and path.suffix not in {".parquet", ".pdf", ".png"} and "__pycache__" not in path.parts
    if not path.name.startswith(".coverage") and path.name != ".git"  # a file in a git worktree
)
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
KNOWN_HOSTS = {"127.0.0.1", "localhost", "arxiv.org", "doi.org", "json-schema.org", "www.w3.org"}
PRIVATE_PATH = re.compile(r"(?<![\w.}])/(?:home|root|Users|tmp|work|mnt|opt)/\w+")
REGISTRY = re.compile(r"(?:index|find|trusted)[-_](?:url|links|host)|/[s]imple/")
ADDRESS = re.compile(r"https?://([\w.-]+)")


def relative(path: Path) -> str:
    """A path as a test's name."""
    return path.relative_to(ROOT).as_posix()


# --- what `import ffcore` costs


def third_party_after(statement: str) -> set[str]:
    """Top-level modules outside the standard library that a statement loads into a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.partition(".")[0] for name in ran.stdout.split()} - sys.stdlib_module_names


def test_import_ffcore_loads_the_standard_library_only() -> None:
    """A Lambda's cold start pays for no library that its first decision does not use."""
    assert third_party_after("import ffcore") == {"ffcore"}


def test_import_ffcore_leaves_the_laboratory_out() -> None:
    """No module of the laboratory wing is loaded with the evaluator."""
    code = "import sys, ffcore; sys.exit(any(name.startswith('ffcore.lab') for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_a_loaded_library_is_seen() -> None:
    """The check of loaded modules names one that is there."""
    assert "yaml" in third_party_after("import yaml")


# --- who imports whom


def module_name(path: Path) -> str:
    """The dotted name of a file below the project's top."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def sources() -> dict[str, str]:
    """Module name -> source text of the whole package."""
    return {module_name(path): path.read_text(encoding="utf-8") for path in MODULES}


def is_type_checking(node: ast.AST) -> bool:
    """Whether a node is an `if TYPE_CHECKING:` block, which never runs."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node: ast.AST, package: str, *, in_function: bool = False) -> Iterator[tuple[str, bool]]:
    """Every dotted name imported by code of a package, and whether its statement stands inside a function."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, in_function) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = resolve_name(f"{'.' * node.level}{node.module or ''}", package)
        yield from ((f"{base}.{alias.name}", in_function) for alias in node.names)
    elif not is_type_checking(node):
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            yield from imports(child, package, in_function=inside)


def edges(modules: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
    """Importing module, imported module of the package, whether inside a function."""
    for importer, source in modules.items():
        is_package = any(name.startswith(f"{importer}.") for name in modules)
        package = importer if is_package else importer.rpartition(".")[0]
        for name, in_function in imports(ast.parse(source), package):
            target = name if name in modules else name.rpartition(".")[0]
            if target in modules:
                yield importer, target, in_function


def circle(modules: dict[str, str]) -> list[str]:
    """The modules along one import circle; empty when there is none."""
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for importer, target, _ in edges(modules):
        graph[importer].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def trespasses(modules: dict[str, str]) -> list[str]:
    """Imports of the laboratory from outside it, but for those inside functions of ffcore.cli."""
    return [
        f"{importer} imports {target}"
        for importer, target, in_function in edges(modules)
        if f"{target}.".startswith("ffcore.lab.") and not f"{importer}.".startswith("ffcore.lab.")
        if not (importer == "ffcore.cli" and in_function)
    ]


def test_imports_never_run_in_a_circle() -> None:
    """Any module can be imported first, and read before those that use it."""
    assert circle(sources()) == []


def test_only_the_command_line_opens_the_laboratory() -> None:
    """The evaluator wing works without the lab extra."""
    assert trespasses(sources()) == []


@pytest.mark.parametrize(
    "second",
    [
        "import ffcore.a",
        "from ffcore import a",
        "from ffcore.a import name",
        "from . import a",
        "from .a import name",
        "def f():\n    from ffcore.a import name",
        "class C:\n    def f(self):\n        import ffcore.a",
    ],
)
def test_a_circle_is_seen(second: str) -> None:
    """Two modules that import each other are named, however the import is written."""
    found = circle({"ffcore": "", "ffcore.a": "import ffcore.b", "ffcore.b": second})

    assert {"ffcore.a", "ffcore.b"} == set(found)


def test_imports_for_type_checkers_are_no_circle() -> None:
    """An import under TYPE_CHECKING never runs."""
    second = "if TYPE_CHECKING:\n    from ffcore.a import name"

    assert circle({"ffcore.a": "import ffcore.b", "ffcore.b": second}) == []


@pytest.mark.parametrize(
    ("importer", "source", "allowed"),
    [
        ("ffcore.model", "from ffcore.lab import verify", False),
        ("ffcore.model", "def f():\n    import ffcore.lab.verify", False),
        ("ffcore.stores", "from .lab import verify", False),
        ("ffcore.cli", "from ffcore.lab.verify import Check", False),
        ("ffcore.cli", "def f():\n    from ffcore.lab import verify", True),
        ("ffcore.lab.plots", "from ffcore.lab.verify import Check", True),
    ],
)
def test_a_trespass_is_seen(importer: str, source: str, *, allowed: bool) -> None:
    """Outside functions of ffcore.cli, an import of the laboratory is named."""
    found = trespasses({"ffcore.lab": "", "ffcore.lab.verify": "", importer: source})

    assert allowed == (found == [])


# --- what a module looks like


def module_faults(source: str) -> Iterator[str]:
    """What a module's text does against the limits of length and the rule of the first docstring line."""
    tree = ast.parse(source)
    if not re.fullmatch(r".*\w.*[.!?]", (ast.get_docstring(tree) or "").partition("\n")[0]):
        yield "the first docstring line is no sentence saying what lives here"
    if len(source.splitlines()) > MAX_FILE_LINES:
        yield f"more than {MAX_FILE_LINES} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > MAX_FUNCTION_LINES:
            yield f"{node.name} has more than {MAX_FUNCTION_LINES} lines"


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    first = node.body[1:2] if ast.get_docstring(node) else node.body[:1]
    return (node.end_lineno or 0) - first[0].lineno + 1 if first else 0


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_modules_say_what_lives_in_them_and_stay_small(path: Path) -> None:
    """A module opens with a sentence, and it and its functions fit the reader's head."""
    assert list(module_faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1",
        '"""No full stop"""',
        '"""A sentence\nover two lines.\n"""',
        '"""Fine."""\n' + "x = 1\n" * MAX_FILE_LINES,
        '"""Fine."""\ndef f():\n    """Doc."""\n' + "    x = 1\n" * (MAX_FUNCTION_LINES + 1),
    ],
)
def test_a_faulty_module_is_seen(source: str) -> None:
    """A missing sentence, a long file and a long function are each one fault."""
    assert len(list(module_faults(source))) == 1


# --- what a notebook may hold


def test_notebooks_keep_their_rules() -> None:
    """The linter, whose tests show that each of its rules can be broken, has nothing to say."""
    assert len(NOTEBOOKS) > 5
    assert lint(NOTEBOOKS) == []


# --- what no file may name


def private_names(text: str, *, prose: bool) -> list[str]:
    """Absolute paths of somebody's machine, package registries and, outside prose, unknown hosts."""
    hosts = {} if prose else {host.rstrip(".") for host in ADDRESS.findall(text)} - KNOWN_HOSTS
    unknown = [host for host in hosts if not host.endswith((".example", "example.com"))]
    return [*PRIVATE_PATH.findall(text), *REGISTRY.findall(text), *unknown]


@pytest.mark.parametrize("path", TEXTS, ids=relative)
def test_files_name_no_private_place(path: Path) -> None:
    """Everything works on any machine, with any registry; prose may link to documentation."""
    assert private_names(path.read_text(encoding="utf-8"), prose=path.suffix in {".html", ".md"}) == []


@pytest.mark.parametrize(
    "parts",
    [
        ("", "home", "ann"),
        ('open("', "tmp", 'x.csv")'),
        ("", "Users", "ann", "flags.yaml"),
        ("--index", "-url x"),
        ("https:", "", "registry.test", "x"),
    ],
)
def test_a_private_place_is_seen(parts: tuple[str, ...]) -> None:
    """An absolute path, a registry option and an unknown address are named."""
    joint = "" if parts[0] == "--index" else "/"

    assert private_names(joint.join(parts), prose=False)


@pytest.mark.parametrize("text", ["make PYTHON=/path/to/python3", "../home/x", "https://doi.org/10.1/x", "a/tmp/b"])
def test_ordinary_text_names_no_private_place(text: str) -> None:
    """Relative paths, placeholders and citations are welcome."""
    assert private_names(text, prose=False) == []
