"""The purchase models on the real CDNOW sample against the published fits, and on Online Retail, where they degenerate.

Sources: BG/NBD to five digits as re-computed for this project; Fader, Hardie & Lee 2005, table 2 (Pareto/NBD, NBD); the
BTYDplus package (MBG/NBD). All of them count free orders, and times in weeks with two decimals.
"""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.value.bg_nbd import BgNbd
from shop_pipeline.models.value.maximum_likelihood import fit
from shop_pipeline.models.value.mbg_nbd import MbgNbd
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.pareto_nbd import ParetoNbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline_tests.models.value.buyers import purchases_of

FOLDER = Path(os.environ.get("SHOP_REAL_DATA", ""))
pytestmark = pytest.mark.skipif("SHOP_REAL_DATA" not in os.environ, reason="SHOP_REAL_DATA names no folder")
END = np.datetime64("1997-09-30")


@pytest.fixture(scope="module")
def lines() -> tuple[AnyArray, AnyArray, DoubleArray]:
    """Customer, day and amount of each line of the CDNOW sample."""
    rows = np.loadtxt(FOLDER / "cdnow" / "CDNOW_sample.txt", dtype=str)
    days = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in rows[:, 2]]
    return rows[:, 1], np.array(days, "datetime64[D]"), rows[:, 4].astype(float)


@pytest.fixture(scope="module")
def calibration(lines: tuple[AnyArray, AnyArray, DoubleArray]) -> tuple[AnyArray, Purchases]:
    """Customers and their histories until the end of September 1997, in weeks."""
    ids, found = Purchases.from_days(*lines, END, count_free=True)
    weeks = found.per(7)
    return ids, Purchases(weeks.frequency, weeks.recency.round(2), weeks.age.round(2), weeks.spend)


def test_the_sample_has_the_published_numbers_of_customers(calibration: tuple[AnyArray, Purchases]) -> None:
    purchases = calibration[1]
    assert len(purchases) == 2357
    assert np.count_nonzero(purchases.frequency) == 946


@pytest.mark.parametrize(
    ("kind", "parameters", "digit", "log_likelihood"),
    [
        (BgNbd, (0.24259, 4.41353, 0.79289, 2.42575), 5e-6, -9582.4256),
        (MbgNbd, (0.525, 6.183, 0.891, 1.614), 5e-4, None),
        (ParetoNbd, (0.553, 10.578, 0.606, 11.669), 1.5e-3, -9595.0),
        (Nbd, (0.385, 12.072), 5e-4, -9763.7),
    ],
)
def test_fits_are_the_published_ones(
    calibration: tuple[AnyArray, Purchases],
    kind: type[PurchaseModel],
    parameters: tuple[float, ...],
    digit: float,
    log_likelihood: float | None,
) -> None:
    found = fit(kind, calibration[1])
    assert found.problem is None
    np.testing.assert_allclose(list(found.model.parameters().values()), parameters, atol=digit)
    if log_likelihood is not None:
        assert found.log_likelihood == pytest.approx(log_likelihood, abs=5e-5 if kind is BgNbd else 0.05)


def test_the_hold_out_of_the_bg_nbd_is_the_published_one(
    lines: tuple[AnyArray, AnyArray, DoubleArray], calibration: tuple[AnyArray, Purchases]
) -> None:
    ids, purchases = calibration
    model = fit(BgNbd, purchases).model
    customer = purchases_of([2], [30.43], [38.86])
    assert model.expected_purchases(customer, 39)[0] == pytest.approx(1.2259, abs=5e-5)
    later = lines[1] > END
    bought = np.unique(np.stack([lines[0][later], lines[1][later].astype(str)]), axis=1)[0]
    actual = np.array([(bought == one).sum() for one in ids])
    expected = model.expected_purchases(purchases, 39)
    assert actual.sum() == 1882
    assert expected.sum() == pytest.approx(1653.42, abs=5e-3)
    assert np.corrcoef(expected, actual)[0, 1] == pytest.approx(0.6256, abs=5e-5)
    assert np.abs(expected - actual).mean() == pytest.approx(0.7855, abs=5e-5)
    assert np.sqrt(((expected - actual) ** 2).mean()) == pytest.approx(1.6080, abs=5e-5)


def test_on_online_retail_nobody_drops_out_whatever_the_model() -> None:
    # Half a year: all 305 days, which degenerate as well, take seconds to read.
    customer, day, amount = [], [], []
    for file in sorted((FOLDER / "online_retail" / "by-day").glob("2011-0[1-6]*.csv")):
        with file.open(encoding="utf-8") as text:
            for row in csv.DictReader(text):
                if row["CustomerID"]:
                    customer.append(row["CustomerID"])
                    day.append(row["InvoiceDate"][:10])
                    amount.append(float(row["Quantity"]) * float(row["UnitPrice"]))
    _, purchases = Purchases.from_days(
        np.array(customer), np.array(day, "datetime64[D]"), np.array(amount), np.datetime64("2011-06-30")
    )
    plain = fit(Nbd, purchases)
    assert plain.problem is None
    for kind in (BgNbd, MbgNbd, ParetoNbd):
        found = fit(kind, purchases)
        assert found.problem is not None
        assert "nobody ever drops out" in found.problem
        assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=0.5)
