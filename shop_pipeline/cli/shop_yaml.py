"""Feeds and keys put into shop.yaml; comments and everything else stay.

Here: the merged text and its writing. Not here: what is put there (`inspect`), and its meaning (`settings`).
"""

import io
import os
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..settings import Feed, SettingsError, ShopSettings

INDENT = re.compile(r"^[^\s#-].*:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*( +)", re.MULTILINE)


def merged(text: str, feeds: dict[str, dict[str, Any]], shop: dict[str, Any], *, force: bool) -> str:
    """`text` with the feeds, and with those keys of `shop` that it does not have; the same text if it says so already.

    Raises `SettingsError` for a feed that is there with other values, unless `force`, and for text that can't be read.
    """
    editor = _editor(text)
    try:
        tree = editor.load(text) or {}
    except YAMLError as error:
        raise SettingsError(f"shop.yaml: not valid YAML: {error}") from error
    if not isinstance(tree, dict):
        raise SettingsError("shop.yaml: not a mapping of keys")
    changed = _put_shop(tree, shop)
    for name, given in feeds.items():
        changed = _put_feed(tree, name, given, force=force) or changed
    if not changed:
        return text
    out = io.StringIO()
    editor.dump(tree, out)
    _check(out.getvalue())
    return out.getvalue()


def as_lines(feeds: dict[str, dict[str, Any]], shop: dict[str, Any]) -> str:
    """The same as a file of its own, to be shown."""
    return merged("", feeds, shop, force=False)


def write_whole(path: Path, text: str) -> None:
    """Replace the file at once: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, "utf-8")
    os.replace(draft, path)


def _editor(text: str) -> YAML:
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 10_000
    found = INDENT.search(text)
    depth = len(found[1]) if found else 2
    editor.indent(mapping=depth, sequence=depth + 2, offset=depth)
    return editor


def _put_shop(tree: dict[str, Any], shop: dict[str, Any]) -> bool:
    if not shop:
        return False
    if not isinstance(tree.get("shop"), dict):
        tree["shop"] = {}
    fresh = {key: value for key, value in shop.items() if key not in tree["shop"]}
    tree["shop"].update(fresh)
    return bool(fresh)


def _put_feed(tree: dict[str, Any], name: str, given: dict[str, Any], *, force: bool) -> bool:
    if not isinstance(tree.get("feeds"), dict):
        tree["feeds"] = {}
    there = tree["feeds"].get(name)
    if there is not None and _is_same(there, given):
        return False
    if there is not None and not force:
        raise SettingsError(
            f"shop.yaml: feeds.{name} is there with other values. Change it there, or let --force replace it"
        )
    tree["feeds"][name] = given
    return True


def _is_same(there: Any, given: dict[str, Any]) -> bool:
    try:
        return Feed.model_validate(_plain(there)) == Feed.model_validate(given)
    except ValidationError:
        return False


def _check(text: str) -> None:
    try:
        ShopSettings.model_validate(_plain(YAML(typ="safe").load(text)))
    except ValidationError as error:
        lines = [f"shop.yaml: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from error


def _plain(value: Any) -> Any:
    """Mappings and text without what ruamel hangs on them."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return str(value) if isinstance(value, str) else value
