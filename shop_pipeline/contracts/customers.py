"""What customers did (their purchases, rfm, features), service cases, and the row per customer that people read."""

from .customer_features import CUSTOMER_CATEGORIES, CUSTOMER_FEATURES
from .customer_pages import CUSTOMER_360, SERVICE_DESK
from .purchases import PURCHASES, RFM
from .table import Table
from .tickets import TICKETS

CUSTOMERS_SEEN: tuple[Table, ...] = (
    TICKETS,
    PURCHASES,
    RFM,
    CUSTOMER_FEATURES,
    CUSTOMER_CATEGORIES,
    CUSTOMER_360,
    SERVICE_DESK,
)
