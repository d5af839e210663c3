"""What a table promises: grain, columns, key, ranges, references, and rules over rows.

Here: the vocabulary in which every table is declared once. Types, checks, descriptions and the data dictionary are
derived from it elsewhere. Not here: the declarations (the modules named after their schema, beside this one) and the
running of the checks (`checks/`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Severity = Literal["ERROR", "WARN", "REPAIR"]


@dataclass(frozen=True)
class Column:
    """One column; `required` means never null. Bounds are inclusive and say nothing about nulls."""

    name: str
    type: str
    doc: str
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """Every non-null value of `columns`, in rows where `where` holds, stands in `references` of `to` (schema.table)."""

    columns: tuple[str, ...]
    to: str
    references: tuple[str, ...]
    where: str = "true"

    @property
    def rule(self) -> str:
        return f"foreign_key({', '.join(self.columns)}) -> {self.to}"


@dataclass(frozen=True)
class Rule:
    """A rule that spans rows: `sql` selects the rows that break it from `{batch}`, the staged table."""

    name: str
    sql: str
    doc: str
    severity: Severity = "ERROR"


@dataclass(frozen=True)
class RowRule:
    """A rule on one row. A row that breaks it goes to quarantine; the table is refused over the share `limit`.

    The builder names the first broken rule of a row in its column `_rule`. A `dropped` row is counted but not kept,
    because an identical one stays.
    """

    name: str
    doc: str
    limit: float
    dropped: bool = False


@dataclass(frozen=True)
class Repair:
    """Something that a builder mends or fills in. The rows are good, and counted by the repair's name.

    The builder says so in `_repairs`, a struct with one boolean per repair.
    """

    name: str
    doc: str


@dataclass(frozen=True)
class Table:
    """One table `schema.name`, with the sentence that says what one row is (`grain`)."""

    schema: str
    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    rules: tuple[Rule, ...] = ()
    row_rules: tuple[RowRule, ...] = ()
    repairs: tuple[Repair, ...] = ()
    partition: str | None = None

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def create_statement(self) -> str:
        """The DDL: types and NOT NULL only; everything else is the gate's, which can say more than an index error."""
        body = ", ".join(f'"{c.name}" {c.type}{" NOT NULL" if c.required else ""}' for c in self)
        return f"CREATE TABLE IF NOT EXISTS {self.qualified} ({body})"
