"""Builds the Lambdas' zip, the same bytes from the same environment: ``python -m ffcore.aws.package [FOLDER]``.

It holds the evaluator wing, the libraries that decisions can need, and all of it compiled, since a Lambda cannot keep
what it compiles. boto3 is not in it: Lambda's Python runtimes bring theirs.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from py_compile import PycInvalidationMode, compile  # noqa: A004 - the library's name for it
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .. import __version__
from ..ending import ended
from ..errors import ConfigError
from ..whole_file import whole_file

PACKAGE = Path(__file__).parents[1]
#: What a Lambda never runs.
LEFT_OUT = (
    "lab/",
    "openfeature/",
    "cli.py",
    "commands.py",
    "ending.py",
    "load_command.py",
    "schema.py",
    "whole_file.py",
    "aws/alarms.py",
    "aws/package.py",
)
#: google-re2 runs the operator ``matches``, semver those on versions; PyYAML reads files, which a Lambda has none of.
LIBRARIES = ("google-re2", "semver")
STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Built:
    """A zip: where it lies, its size in bytes and unpacked, and how many files it holds."""

    path: Path
    size: int
    unpacked: int
    files: int

    def __str__(self) -> str:
        sizes = f"{self.size / 1e6:.2f} MB ({self.unpacked / 1e6:.2f} MB unpacked, {self.files} files)"
        handlers = "handlers ffcore.aws.flag_handler.handler and ffcore.aws.assignment_handler.handler"
        return f"{self.path}: {sizes}, for {_platform()}; {handlers}"


def build(folder: Path) -> Built:
    """Write the zip into a folder; raises ``ConfigError`` where a library is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"ffcore-lambda-{__version__}-{_platform()}.zip"
    contents = dict(sorted(_contents()))
    with whole_file(path) as unfinished, ZipFile(unfinished, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in contents.items():
            info = ZipInfo(name, STAMP)
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, data)
    return Built(path, path.stat().st_size, sum(map(len, contents.values())), len(contents))


def main(arguments: list[str]) -> int:
    """Build the zip into the folder that is named, or ``dist``, and say what was built."""

    def told() -> int:
        print(build(Path(arguments[0] if arguments else "dist")))
        return 0

    return ended("package", told)


def _contents() -> Iterator[tuple[str, bytes]]:
    with TemporaryDirectory() as scratch:
        for name, source in _sources():
            yield name, source.read_bytes()
            if source.suffix == ".py":
                yield _compiled(name, source, Path(scratch, "module.pyc"))


def _sources() -> Iterator[tuple[str, Path]]:
    for path in PACKAGE.rglob("*.py"):
        inner = path.relative_to(PACKAGE).as_posix()
        if not inner.startswith(LEFT_OUT):
            yield f"ffcore/{inner}", path
    for library in LIBRARIES:
        try:
            listed = files(library) or []
        except PackageNotFoundError:
            raise ConfigError([(library, f"not installed: pip install {library}")]) from None
        for file in listed:
            if ".." not in file.parts and file.suffix != ".pyc" and file.name not in {"INSTALLER", "RECORD"}:
                yield file.as_posix(), Path(str(file.locate()))


def _compiled(name: str, source: Path, scratch: Path) -> tuple[str, bytes]:
    """A module's compiled form, which holds neither a time nor a place of this machine."""
    compile(str(source), str(scratch), name, doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    folder, _, file = name.rpartition("/")
    return f"{folder}/__pycache__/{file.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc", scratch.read_bytes()


def _platform() -> str:
    return f"cp{sys.version_info.major}{sys.version_info.minor}-{sysconfig.get_platform().replace('-', '_')}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
