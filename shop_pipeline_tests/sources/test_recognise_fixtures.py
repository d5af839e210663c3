"""Every fixture of every format is recognised as its own, with a clear margin; a new format is covered by its folder.

The expected format is the folder's name, and the expected files and lookups are those of its feed.yaml (or the feed's
folder): the very settings with which `test_formats` reads the fixture.
"""

import shutil
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import LandingFile, list_files
from shop_pipeline.sources.recognition.findings import Recognition
from shop_pipeline.sources.recognition.recognise import recognise

from .test_formats import CASES, FIXTURES, _settings

FORMATS = sorted({format_ for format_, _ in CASES})
MARGIN = 0.2
"""Between the format and the next one; the fixtures are dirty on purpose, so that they are never sure."""


@pytest.fixture(scope="module", params=FORMATS)
def look(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Recognition]:
    """A fixture as somebody's folder, all of it inspected at once."""
    data = tmp_path_factory.mktemp(request.param) / "data"
    shutil.copytree(FIXTURES / request.param, data, ignore=shutil.ignore_patterns("expected", "feed.yaml"))
    with duckdb.connect() as connection:
        pattern = f"{data}/**/*"
        return (
            request.param,
            data,
            recognise(connection, data, list_files(data, Feed(files=pattern)), [pattern], Shop()),
        )


def test_the_right_format_is_first_with_a_clear_margin(look: tuple[str, Path, Recognition]) -> None:
    format_, _, found = look
    filling = [section for section in found.sections if section.feeds]
    assert [section.format for section in filling] == [format_] * len(filling) != []
    for section in filling:
        rivals = [one.confidence for one in section.candidates if one.format != format_]
        assert section.confidence - max(rivals, default=0.0) >= MARGIN, section.candidates


def test_all_its_feeds_are_filled_from_its_own_files(look: tuple[str, Path, Recognition]) -> None:
    format_, data, found = look
    assert found.is_complete, [section.messages for section in found.sections]
    filled = {one.feed: one.settings for section in found.sections for one in section.feeds}
    assert set(filled) == {feed for name, feed in CASES if name == format_}
    for feed, settings in filled.items():
        given = _settings(FIXTURES / format_).get(feed, {"files": f"{feed}/*"})
        wanted = Feed(**{key: value for key, value in given.items() if key in ("files", "lookups")})
        assert names(data, Feed(**settings)) == names(data, wanted)


def names(data: Path, feed: Feed) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    def of(file: LandingFile) -> list[tuple[str, list[str]]]:
        return [(lookup.name, [joined.name for joined in lookup.files]) for lookup in file.lookups]

    return [(file.name, of(file)) for file in list_files(data, feed)]
