"""The sample's own dirt is in quarantine: as many rows per rule as were planted, each with file, line and content.

Planted counts are from `truth/dirt.json`. Rows planted by hand, one per rule, are in `test_hostile_values.py`.
"""

import csv
import json
from collections import Counter

from .folder import HEADER, Shop, truth


def test_the_samples_own_dirt_is_in_quarantine_by_rule(prepared: Shop) -> None:
    """truth/dirt.json counts what was planted; late rows and test orders are no faults of a row."""
    planted = truth(prepared, "dirt")["counts"]
    expected = {
        "broken_line": planted["broken_line"],
        "in_the_future": planted["far_future"],
        "quantity_not_positive": planted["zero_quantity"] + planted["negative_quantity"],
        "negative_price": planted["negative_price"],
        "unknown_event_type": planted["unknown_event_type"],
        "unknown_product": planted["unknown_product"],
        "wrong_type": planted["text_in_number"] + planted["bad_timestamp"],
    }
    assert all(expected.values())
    found = prepared.kept("SELECT rule, count(*) FROM clean.quarantine GROUP BY ALL")
    assert dict(found) == expected


def test_quarantine_names_the_line_that_it_holds(prepared: Shop) -> None:
    """Read from the landing file: the line with that number has the row's own values."""
    checked: Counter[str] = Counter()
    for rule, file, line, content in prepared.kept("SELECT rule, file, line, row_json FROM clean.quarantine"):
        text = (prepared.data / file).read_text("utf-8").splitlines()[line - 1]
        if rule == "broken_line":
            assert content == text
        else:
            assert (
                json.loads(content)["event_id"] == dict(zip(HEADER, next(csv.reader([text])), strict=True))["event_id"]
            )
        checked[rule] += 1
    assert checked.total() > 20
