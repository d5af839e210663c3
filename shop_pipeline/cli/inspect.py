"""`shop inspect`: what files look like, and the lines of shop.yaml that would use them.

Here: which files are meant, and the order of things. Not here: the recognition (`sources/recognition`), the page
about it (`inspect_page`), and shop.yaml itself (`shop_yaml`).
"""

import glob
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from ..settings import Feed, Paths, load_settings
from ..sources.landing import LandingFile, list_files
from ..sources.recognition.findings import Recognition
from ..sources.recognition.recognise import recognise
from ..sources.recognition.words import shop_changes
from ..storage import memory_database
from .inspect_page import show
from .shop_yaml import as_lines, merged, write_whole


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    paths: Sequence[str]
    feed: str | None = None
    write: bool = False
    force: bool = False


def inspect_files(paths: Paths, wish: Wish) -> int:
    """Print what was found, and write it if asked to; 1 if something was not recognised.

    Raises `SettingsError` for a shop.yaml that can't be used or has the feed with other values, and
    `FileNotFoundError` for a path that is not there.
    """
    settings = load_settings(paths.shop_yaml)
    patterns = [_pattern(path, paths.data) for path in wish.paths]
    files = _files(paths.data, patterns, wish.paths)
    with memory_database() as duck, _without_warnings():
        found = recognise(duck, paths.data, files, patterns, settings.shop, wish.feed)
    console = Console(highlight=False)
    show(console, found, settings.shop)
    feeds, shop = _feeds(found), shop_changes(found.sections, settings.shop)
    if feeds and wish.write:
        _write(console, paths, feeds, shop, force=wish.force)
    elif feeds:
        console.print("[bold]shop.yaml[/bold] (--write puts it there)")
        console.print(escape(as_lines(feeds, shop)), soft_wrap=True)
    if not files:
        console.print("No files to look at.")
    return 0 if found.is_complete else 1


@contextmanager
def _without_warnings() -> Iterator[None]:
    """The reader warns of near misses; with every preset tried, there would be many."""
    logger = logging.getLogger("shop_pipeline.sources")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _pattern(path: str, data: Path) -> str:
    """A folder means all files in it; the pattern is absolute, and below `data` also where a link leads there."""
    whole, real = os.path.abspath(path), os.path.realpath(path)
    whole = real if Path(real).is_relative_to(data) else whole
    if os.path.isdir(whole):
        return f"{glob.escape(whole)}/**/*"
    return glob.escape(whole) if os.path.exists(whole) else whole


def _files(data: Path, patterns: Sequence[str], asked: Sequence[str]) -> list[LandingFile]:
    files: dict[str, LandingFile] = {}
    for pattern, path in zip(patterns, asked, strict=True):
        listed = list_files(data, Feed(files=pattern))
        if not listed and not os.path.exists(path):
            raise FileNotFoundError(f"{path}: no such file or folder, and no file that fits the pattern")
        files |= {file.name: file for file in listed}
    return list(files.values())


def _feeds(found: Recognition) -> dict[str, dict[str, Any]]:
    return {filled.feed: filled.settings for section in found.sections for filled in section.feeds}


def _write(
    console: Console, paths: Paths, feeds: dict[str, dict[str, Any]], shop: dict[str, Any], *, force: bool
) -> None:
    before = paths.shop_yaml.read_text("utf-8") if paths.shop_yaml.exists() else ""
    after = merged(before, feeds, shop, force=force)
    if after == before:
        console.print(f"{escape(str(paths.shop_yaml))} says so already.", soft_wrap=True)
        return
    write_whole(paths.shop_yaml, after)
    console.print(f"Written to {escape(str(paths.shop_yaml))}: feeds {', '.join(feeds)}", soft_wrap=True)
    if lost := [key for key, value in shop.items() if _says_otherwise(paths, key, value)]:
        console.print(f"[yellow]shop.{', shop.'.join(lost)} stays as it is there: see above[/yellow]")


def _says_otherwise(paths: Paths, key: str, value: Any) -> bool:
    return bool(getattr(load_settings(paths.shop_yaml).shop, key) != value)
