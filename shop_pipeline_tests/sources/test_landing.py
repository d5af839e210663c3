import os
from datetime import UTC, datetime
from pathlib import Path

from shop_pipeline.settings import Feed
from shop_pipeline.sources.landing import content_hash, list_files


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(data: Path, pattern: str) -> list[str]:
    return [file.name for file in list_files(data, Feed(files=pattern))]


def test_files_come_by_name_with_forward_slashes(tmp_path: Path) -> None:
    for name in ("landing/b.csv", "landing/a.csv", "landing/2024/01/c.csv", "other/d.csv"):
        write(tmp_path / name)
    assert names(tmp_path, "landing/*.csv") == ["landing/a.csv", "landing/b.csv"]
    assert names(tmp_path, "landing/**/*.csv") == ["landing/2024/01/c.csv", "landing/a.csv", "landing/b.csv"]


def test_hidden_unfinished_files_and_folders_are_ignored(tmp_path: Path) -> None:
    for name in (".a.csv", "a.csv.tmp", "b.csv.part", "c.CRDOWNLOAD", ".hidden/d.csv", "good.csv"):
        write(tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    assert names(tmp_path, "**/*") == ["good.csv"]


def test_an_absolute_pattern_may_lead_out_of_the_data_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "data", write(tmp_path / "elsewhere" / "a.csv")
    write(inside / "b.csv")
    assert names(inside, str(outside.parent / "*.csv")) == [outside.as_posix()]
    assert names(inside, str(inside / "*.csv")) == ["b.csv"]


def test_no_folder_no_files(tmp_path: Path) -> None:
    assert names(tmp_path, "landing/*.csv") == []


def test_the_fingerprint_changes_with_time_size_and_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"one")
    moment = 1_700_000_000_123_456_789
    os.utime(path, ns=(moment, moment))
    (first,) = list_files(tmp_path, Feed(files="*.csv"))
    assert first.fingerprint == "a.csv|3|1700000000123456789"
    assert first.modified_at == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
    os.utime(path, ns=(moment, moment + 1))
    (second,) = list_files(tmp_path, Feed(files="*.csv"))
    assert second.fingerprint != first.fingerprint


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", b"abc")
    (file,) = list_files(tmp_path, Feed(files="*.csv"))
    # FIPS 180-2, appendix B.1.
    assert content_hash(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
