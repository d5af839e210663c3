"""The customers feed as columns of text: names, contact data that reaches nobody, consents, test accounts.

Here: what an account looks like. Not here: how its owner behaves (`people`).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shop_pipeline.simulate import words
from shop_pipeline.simulate.files import Columns, booleans, customer_ids, lookup, strings, utc, whole
from shop_pipeline.simulate.people import FRAUD, RING
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Bools, Ints

TEST_ACCOUNTS = ("TEST-1", "TEST-2", "TEST-3")
STAFF_DOMAIN = "shop.internal"
_COUNTRIES = pa.array([name for name, _, _ in words.COUNTRIES])


def customers(shop: Shop, rng: np.random.Generator, test_accounts: bool) -> Columns:
    """One row per account; members of a fraud ring share their phone, and test accounts come last."""
    people, n = shop.people, len(shop.people.kind)
    name, city = _names(rng, n), _cities(people.country, rng)
    member = np.cumsum(people.kind == FRAUD) - 1
    phone = np.where(people.kind == FRAUD, 900_000 + member // RING, np.arange(n))
    birth = np.where(rng.random(n) < 0.8, rng.integers(1945, 2006, n), -1)
    gender = np.where(rng.random(n) < 0.85, rng.integers(0, 2, n), -1)
    consent = [booleans(people.consent[:, k]) for k in range(3)]
    table = {
        "customer_id": customer_ids(np.arange(n)),
        "name": strings(name),
        "email": strings(_addresses(people.staff)),
        # Country code 000 does not exist: nobody can be called.
        "phone": strings([f"+000 {p:06d}" for p in phone.tolist()]),
        "birth_year": whole(birth),
        "gender": lookup(pa.array(["female", "male"]), gender),
        "country": lookup(_COUNTRIES, people.country),
        "city": strings(city),
        "signed_up_at": utc(people.signed_up_at),
        **dict(zip(("email_consent", "sms_consent", "phone_consent"), consent, strict=True)),
    }
    return _with_test_accounts(table, shop) if test_accounts else table


def _with_test_accounts(table: Columns, shop: Shop) -> Columns:
    """The customers feed with the accounts of the shop's own testers."""
    count = len(TEST_ACCOUNTS)
    extra = {name: strings([None] * count) for name in table}
    extra["customer_id"] = strings(TEST_ACCOUNTS)
    extra["name"] = strings(["Test Account"] * count)
    extra["signed_up_at"] = utc(np.full(count, shop.timeline.midnight[0]))
    extra |= {name: strings(["false"] * count) for name in table if name.endswith("_consent")}
    return {name: pa.concat_arrays([column, extra[name]]) for name, column in table.items()}


def _addresses(staff: Bools) -> list[str]:
    """Mail addresses on domains that nobody can have: one reserved for examples, one for private networks."""
    whose = (("staff", STAFF_DOMAIN) if works_here else ("shopper", "example.com") for works_here in staff.tolist())
    return [f"{name}.{number:06d}@{domain}" for number, (name, domain) in enumerate(whose, 1)]


def _names(rng: np.random.Generator, n: int) -> list[str]:
    """Full names."""
    first, last = rng.integers(0, len(words.FIRST_NAMES), n), rng.integers(0, len(words.LAST_NAMES), n)
    pairs = zip(first.tolist(), last.tolist(), strict=True)
    return [f"{words.FIRST_NAMES[f]} {words.LAST_NAMES[s]}" for f, s in pairs]


def _cities(country: Ints, rng: np.random.Generator) -> list[str]:
    """A city of each customer's country."""
    draw = rng.integers(0, 100, len(country)).tolist()
    cities = [words.COUNTRIES[c][2] for c in country.tolist()]
    return [names[d % len(names)] for names, d in zip(cities, draw, strict=True)]
