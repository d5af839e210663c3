"""Where tables live: the warehouse (one writer) and the published file (any reader)."""

from .published import publish, query
from .room import NoRoom, Room, free_memory, free_room
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
    "NoRoom",
    "Room",
    "SchemaChanged",
    "WarehouseLocked",
    "drop_scratch",
    "free_memory",
    "free_room",
    "look_at_warehouse",
    "memory_database",
    "open_warehouse",
    "publish",
    "query",
    "set_variables",
]
