"""Where tables live: the warehouse (one writer) and the published file (any reader)."""

from .published import publish, query
from .warehouse import (
    SchemaChanged,
    WarehouseLocked,
    drop_scratch,
    look_at_warehouse,
    memory_database,
    open_warehouse,
    set_variables,
)

__all__ = [
    "SchemaChanged",
    "WarehouseLocked",
    "drop_scratch",
    "look_at_warehouse",
    "memory_database",
    "open_warehouse",
    "publish",
    "query",
    "set_variables",
]
