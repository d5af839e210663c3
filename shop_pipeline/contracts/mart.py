"""What all marts have in common: when they hold, and which run made them."""

from .table import Column, ForeignKey, Rule, Table

STAMP = (
    Column("as_of", "TIMESTAMP", "the run's clock (UTC): nothing at or after it was used"),
    Column("run_id", "VARCHAR", "the run that wrote the row"),
)


def mart(
    name: str,
    grain: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    foreign_keys: tuple[ForeignKey, ...] = (),
    rules: tuple[Rule, ...] = (),
) -> Table:
    """A table of the schema `marts`, with the columns that every mart carries."""
    have = {column.name for column in columns}
    stamp = tuple(column for column in STAMP if column.name not in have)
    return Table("marts", name, grain, columns + stamp, key, foreign_keys, rules)
