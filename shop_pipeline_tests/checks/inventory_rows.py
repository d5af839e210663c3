"""Clean rows of the tables about inventory, and the bad rows that have to be planted by hand."""

from shop_pipeline_tests.checks.rows import Plant, Row

GOOD: dict[str, list[Row]] = {}
BY_HAND: dict[tuple[str, str], list[Plant]] = {}
ALSO: dict[tuple[str, str], set[str]] = {}
