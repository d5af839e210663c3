"""What the UI shows before anything is launched: the code location, and the runs of the command line."""

from typing import Any

from .server import Server


def test_the_code_location_loads_with_everything_in_it(location: dict[str, Any]) -> None:
    found = location["locationOrLoadError"]
    assert found["__typename"] == "RepositoryLocation", found.get("message")
    (repository,) = found["repositories"]
    assert {job["name"] for job in repository["pipelines"]} == {"__ASSET_JOB", "daily", "full_refresh", "tune"}
    assert [schedule["name"] for schedule in repository["schedules"]] == ["every_morning", "every_sunday"]
    assert {sensor["name"] for sensor in repository["sensors"]} == {"landing_folder", "failed_runs"}
    # The stages of shop_pipeline/assets/__init__.py.
    groups = {group["groupName"] for group in repository["assetGroups"]}
    assert groups == {"raw", "clean", "features", "models", "marts", "ops"}


def test_a_run_of_the_command_line_stands_among_the_runs(server: Server, printed: str) -> None:
    assert "Published" in printed
    ours = [run for run in server.runs(job="daily") if "shop/pid" in run["tags"]]
    assert [run["status"] for run in ours] == ["SUCCESS"]
    tags = ours[0]["tags"]
    # The days of the sample: six, the last one is ShopConfig.last_day.
    assert tags["dagster/asset_partition_range_start"] == "2025-06-25"
    assert tags["dagster/asset_partition_range_end"] == "2025-06-30"
