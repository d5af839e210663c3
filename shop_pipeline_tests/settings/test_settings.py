"""`shop.yaml` is read strictly: whatever is wrong is told with the file and the key, all of it at once."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from shop_pipeline.contracts import FEEDS
from shop_pipeline.settings import (
    FeedName,
    Paths,
    SettingsError,
    ShopSettings,
    find_paths,
    load_settings,
    quiet_environment,
)


def load(folder: Path, text: str) -> ShopSettings:
    (folder / "shop.yaml").write_text(text, "utf-8")
    return load_settings(folder / "shop.yaml")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("shop: {timezon: UTC}", "shop.timezon", "Extra inputs"),
        ("shopp: {timezone: UTC}", "shopp", "Extra inputs"),
        ("feeds: {events: {file: a.csv, files: a.csv}}", "feeds.events.file", "Extra inputs"),
        ("feeds: {events: {format: canonical}}", "feeds.events.files", "Field required"),
        ("feeds: {event: {files: a.csv}}", "feeds.event", "'events', 'products'"),
        ("shop: {timezone: Europe/Lundon}", "shop.timezone", "'Europe/Lundon' is not a time zone"),
        ("shop: {timezone: GMT+1}", "shop.timezone", "is not a time zone"),
        ("shop: {currency: pounds}", "shop.currency", "pattern"),
        ("shop: {currency: gbp}", "shop.currency", "pattern"),
        ("shop: {first_day: yesterday}", "shop.first_day", "date"),
        ("shop: {lookback_days: -1}", "shop.lookback_days", "greater than or equal to 0"),
        ("returns: {window_days: 0}", "returns.window_days", "greater than or equal to 1"),
        ("interactions: {half_life_days: 0}", "interactions.half_life_days", "greater than 0"),
        ("interactions: {weights: {view: many}}", "interactions.weights.view", "valid number"),
        ("interactions: {leave_out: [robots]}", "interactions.leave_out.0", "'wholesale', 'bot'"),
        ("customers: {bot_share: 2}", "customers.bot_share", "less than or equal to 1"),
        ("customers: {staff_domains: shop.internal}", "customers.staff_domains", "valid list"),
        ("customers: {test_patterns: [qa, '(']}", "customers.test_patterns.1", "'(' is not a regular expression"),
        ("recommend: {list_length: 0}", "recommend.list_length", "greater than or equal to 1"),
        ("recommend: {holdout_days: 0}", "recommend.holdout_days", "greater than or equal to 1"),
        ("recommend: {n_factors: 2.5}", "recommend.n_factors", "integer"),
        ("demand: {holiday_country: Britain}", "demand.holiday_country", "pattern"),
        ("inventory: {abc: {A: 0.8}}", "inventory", "abc: A and B in this order"),
        ("inventory: {xyz: {X: 1.0, Y: 0.5}}", "inventory", "X not above Y"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(tmp_path: Path, text: str, key: str, reason: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, text)
    message = str(raised.value)
    assert message.startswith("shop.yaml: ")
    assert key in message
    assert reason in message


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, "shop: {currency: x, timezone: y}\nnonsense: 1")
    keys = [line.split(": ")[1] for line in str(raised.value).splitlines()]
    assert sorted(keys) == ["nonsense", "shop.currency", "shop.timezone"]


@pytest.mark.parametrize("text", ["shop: {timezone: [", "a: b: c", "\t- x"])
def test_what_is_no_yaml_is_told_with_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"^shop\.yaml: not valid YAML"):
        load(tmp_path, text)


@pytest.mark.parametrize("text", ["- a list", "just a sentence", "7"])
def test_what_is_no_mapping_is_told_with_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"^shop\.yaml: "):
        load(tmp_path, text)


def test_no_file_and_an_empty_file_give_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "shop.yaml") == ShopSettings()
    assert load(tmp_path, "") == ShopSettings()
    assert load(tmp_path, "# nothing yet\n") == ShopSettings()


def test_what_is_given_stands_and_the_rest_is_default(tmp_path: Path) -> None:
    found = load(tmp_path, "shop: {timezone: Asia/Shanghai, currency: CNY, first_day: 2024-02-29}")
    assert (found.shop.timezone, found.shop.currency, found.shop.first_day) == (
        "Asia/Shanghai",
        "CNY",
        date(2024, 2, 29),
    )
    assert found.shop.zone.key == "Asia/Shanghai"
    assert found.recommend == ShopSettings().recommend


def test_feeds_may_be_named_as_the_contracts_name_them() -> None:
    """Settings can't import contracts (they lie below), so the names stand twice; here they are held together."""
    assert set(FeedName.__args__) == set(FEEDS)  # type: ignore[attr-defined]


def test_settings_can_not_be_changed_later() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ShopSettings().shop.currency = "USD"  # type: ignore[misc]


def test_the_data_folder_is_what_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_paths({"SHOP_DATA": str(tmp_path)}).data == tmp_path.resolve()
    monkeypatch.chdir(tmp_path)
    assert find_paths({}).data == (tmp_path / "data").resolve()
    monkeypatch.setenv("SHOP_DATA", "here")
    assert find_paths().data == (tmp_path / "here").resolve(), "read when it is asked, not at import"


def test_every_process_of_ours_shares_one_instance_and_phones_nobody(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    assert quiet_environment(paths) == {
        "SHOP_DATA": str(tmp_path),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
        "GX_ANALYTICS_ENABLED": "False",
    }
