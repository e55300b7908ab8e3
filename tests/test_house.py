"""Rules about the project itself."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.tables import TABLES

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split("\0")


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name)
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_function_is_longer_than_40_lines(path):
    long = [
        function.name
        for function in functions(path)
        if function.end_lineno - function.lineno + 1
        - len((ast.get_docstring(function) or "").splitlines())
        > 40
    ]  # fmt: skip
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_function_takes_a_bag_of_keywords(path):
    assert not [function.name for function in functions(path) if function.args.kwarg]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_are_named_by_what_they_hold(path):
    assert not set(path.relative_to(ROOT / "src").with_suffix("").parts) & {
        "utils", "util", "helpers", "helper", "common", "manager", "misc"
    }  # fmt: skip


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.parts[-2] in ("models", "stats")], ids=name
)
def test_array_arguments_say_their_shape(path):
    for function in functions(path):
        arrays = [
            argument.arg
            for argument in [*function.args.args, *function.args.kwonlyargs]
            if argument.annotation and ast.unparse(argument.annotation) in ("Array", "ArrayLike")
        ]
        public = not function.name.startswith("_")
        if arrays and public:
            assert "shape" in (ast.get_docstring(function) or ""), function.name


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_every_test_can_fail(path):
    hollow = [
        function.name
        for function in functions(path)
        if function.name.startswith("test_")
        and not re.search(
            r"\bassert\b|raises\(|assert_\w+\(|fails?\(|expect\(|agree", ast.unparse(function)
        )
    ]
    assert not hollow


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_randomness_is_never_global(path):
    assert not re.search(r"np\.random\.(?!default_rng|Generator|SeedSequence)", path.read_text())


def test_nothing_tracked_names_a_registry_or_a_machine():
    pattern = re.compile(
        r"pypi\.\x6frg|pythonhosted\.\x6frg|npmjs\.(?:\x6frg|com)|deb\.debian\.\x6frg"
    )
    if (ROOT / ".git").exists():
        assert "pyproject.toml" in TRACKED, "git lists nothing: does this folder belong to another?"
    for entry in filter(None, TRACKED):
        path = ROOT / entry
        if path.is_file() and path.suffix not in (".png", ".ico"):
            assert not pattern.search(path.read_text(encoding="utf-8", errors="ignore")), entry


def test_the_version_is_the_newest_heading_of_the_change_log():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"(?m)^## ([0-9]\S*)", log)[1] == version("nodewise")


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[>=<\[; ]", each)[0].lower() for each in wanted}
    assert names <= pinned


def test_importing_the_command_line_is_light():
    code = (
        "import sys, nodewise.cli;"
        "print([m for m in ('numpy', 'polars', 'scipy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_shows_an_example(command):
    found = CliRunner().invoke(main, [command, "--help"])
    assert found.exit_code == 0
    assert f"nodewise {command}" in found.output.split("Example:")[1]


def test_the_readme_names_every_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in main.commands if f"nodewise {command}" not in readme] == []


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_has_a_meaning_and_every_key_exists(table):
    assert all(column.meaning for column in table.columns)
    assert set(table.key) <= set(table.schema)
