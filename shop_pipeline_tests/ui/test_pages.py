"""The pages themselves, in a real browser: the asset graph, and an asset with its checks.

Skipped only where there is no Chromium. Who names one in SHOP_CHROMIUM wants these tests: a browser that can't be used
is then a failure.
"""

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from shop_pipeline.assets.reporting import checks_of
from shop_pipeline.contracts import TABLES

from .server import Server

PATIENCE_MS = 60_000
QUIET_BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = os.environ.get("SHOP_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium: name one in SHOP_CHROMIUM, or put `chromium` on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET_BROWSER)
        yield browser
        browser.close()


@pytest.fixture
def page(server: Server, browser: Browser) -> Iterator[Page]:
    """A page of the UI; nothing is asked of any other machine."""
    context = browser.new_context(base_url=server.url, viewport={"width": 2000, "height": 1200})
    context.set_default_timeout(PATIENCE_MS)
    here = re.escape(server.url)
    context.route(re.compile(f"^(?!{here}|data:|blob:)"), lambda route: route.abort())
    yield context.new_page()
    context.close()


def _shown(page: Page, text: str) -> None:
    expect(page.get_by_text(text, exact=True).filter(visible=True).first).to_be_visible(timeout=PATIENCE_MS)


def test_the_asset_graph_is_drawn_with_its_groups(page: Page) -> None:
    """Opened all at once, the page takes more than a minute to lay them out: not asked for."""
    page.goto("/asset-groups")
    for group in ("raw", "clean", "features", "models", "marts", "ops"):
        _shown(page, group)


def test_an_asset_shows_its_checks(page: Page) -> None:
    page.goto("/assets/marts/recommendations?view=checks")
    names = [name for name, _ in checks_of(TABLES["marts.recommendations"])]
    assert "contract" in names
    _shown(page, f"Checks ({len(names)})")
    for name in names:
        _shown(page, name)
    # Where nothing has run, the page says "Not evaluated" instead.
    _shown(page, "Latest execution")
    expect(page.get_by_text("Not Evaluated")).to_have_count(0)
