"""The architecture as tests: who imports whom, opens DuckDB, reads the environment; and what no module holds.

Read from the source by AST, so that a module that is never imported by a test counts too.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "shop_pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in MODULES]
LONGEST = 300

# The Dagster UI and its webhook are told their addresses by people; nothing is fetched from anywhere.
ADDRESS = re.compile(r"https?://|\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|localhost|\.(com|org|net|io)/")
MACHINE = re.compile(r"(^|[\s'\"=(])(/(home|Users|root|work|tmp|var|mnt|opt)/|[A-Z]:\\\\)")
# Private addresses (10.0.0.0/8) that the simulator gives to visitors, so that nobody's are used; made, never called.
MADE_UP = {"simulate/event_text.py"}
# The server of the UI listens on this machine alone.
LISTENS = {"cli/ui.py"}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text("utf-8"))


def imports(name: str) -> set[str]:
    """Top names of absolute imports, wherever in the module they stand."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def attributes(name: str) -> Iterator[str]:
    """Dotted names that are used, such as `os.environ`; one per attribute access on a plain name."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def imported_from(name: str, module: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


def strings(name: str) -> Iterator[str]:
    """Texts of the code: docstrings are prose and left out."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def test_the_import_contracts_hold() -> None:
    """Layers, independence of stages, and who may import Great Expectations, Dagster and DuckDB: pyproject.toml."""
    asked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", asked.stdout)
    assert kept, asked.stdout
    assert int(kept.group(1)) >= 4


def test_there_is_something_to_look_at() -> None:
    assert {"settings.py", "checks/gate.py", "storage/warehouse.py"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_only_storage_opens_duckdb(name: str) -> None:
    opens = "duckdb.connect" in attributes(name) or "connect" in imported_from(name, "duckdb")
    assert not opens or name.startswith("storage/")


@pytest.mark.parametrize("name", NAMES)
def test_only_settings_reads_or_writes_the_environment(name: str) -> None:
    reaching = {"os.environ", "os.getenv", "os.putenv", "os.environb", "os.unsetenv"} & set(attributes(name))
    reaching |= {"environ", "getenv", "putenv", "environb", "unsetenv"} & imported_from(name, "os")
    assert not reaching or name == "settings.py"


def test_settings_is_where_the_quiet_environment_is_set() -> None:
    """Telemetry is switched off by the one function that writes to the environment."""
    (function,) = [
        n for n in tree("settings.py").body if isinstance(n, ast.FunctionDef) and n.name == "apply_quiet_environment"
    ]
    assert "os.environ.update" in ast.unparse(function)
    from shop_pipeline.settings import Paths, quiet_environment

    told = quiet_environment(Paths(Path("/x")))
    assert (told["DAGSTER_DISABLE_TELEMETRY"], told["GX_ANALYTICS_ENABLED"]) == ("1", "False")


@pytest.mark.parametrize("name", NAMES)
def test_great_expectations_is_imported_by_checks_alone(name: str) -> None:
    assert "great_expectations" not in imports(name) or name.startswith("checks/")


@pytest.mark.parametrize("name", NAMES)
def test_checks_know_no_shop_words(name: str) -> None:
    """So that the gate could stand alone: it takes its two own tables as arguments."""
    if not name.startswith("checks/"):
        return
    words = re.compile(r"customer|product|(?<!insertion_)order(?!ed)|event|purchase|clean\.|marts\.|raw\.", re.I)
    assert [text for text in strings(name) if words.search(text) and "ORDER BY" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_module_holds_an_address_or_a_path_of_a_machine(name: str) -> None:
    addresses = [text for text in strings(name) if ADDRESS.search(text)] if name not in MADE_UP | LISTENS else []
    assert addresses == []
    assert [text for text in strings(name) if MACHINE.search(text)] == []


@pytest.mark.parametrize(
    "path", sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".sql", ".yaml")), ids=lambda p: p.name
)
def test_no_sql_or_preset_holds_an_address_or_a_path_of_a_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not ADDRESS.search(text)
    assert not MACHINE.search(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_module_opens_with_its_charter(name: str) -> None:
    assert ast.get_docstring(tree(name)), f"{name} does not say what belongs in it"


@pytest.mark.parametrize("name", NAMES)
def test_no_module_is_long(name: str) -> None:
    assert len((PACKAGE / name).read_text("utf-8").splitlines()) < LONGEST


def test_the_searches_find_what_they_are_for() -> None:
    """A pattern that matches nothing would pass everything."""
    assert ADDRESS.search("see https://example.org/x")
    assert ADDRESS.search("127.0.0.1")
    assert MACHINE.search("open('/home/ann/shop.duckdb')")
    assert MACHINE.search("C:\\\\shop")
    assert not MACHINE.search("a / b, landing/**/*.csv")
