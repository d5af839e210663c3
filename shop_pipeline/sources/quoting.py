"""Names and values as SQL text.

Here: the only place where text becomes SQL. DDL and the file list of `read_csv` can't be parameters, and a file name
or a header may hold any character. Not here: statements.
"""

from collections.abc import Iterable


def identifier(name: str) -> str:
    """`name` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """`texts` as a list of string literals."""
    return "[" + ", ".join(map(literal, texts)) + "]"


def exact_path(path: str) -> str:
    """`path` as a pattern that matches only itself: DuckDB's readers would find a1.csv under the name `a[1].csv`."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
