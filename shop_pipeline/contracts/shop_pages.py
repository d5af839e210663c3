"""The lists as a shop puts them into its pages and e-mails, and the customers who are alike: marts made of other marts.

Belongs here: the declarations of tables that are read without a join. Does not belong here: how a list is made
(`published.py` has the tables that they are cut from), and what a shop may show (`shown.py`).
"""

from .mart import mart
from .published import RANKS, REASONS
from .shown import only_shown_products
from .table import Column, ForeignKey, Rule

TITLE = Column("title", "VARCHAR", "its title", required=False)
RANK = Column("rank", "INTEGER", "1 is shown first", minimum=1)
CUSTOMER = Column("customer_id", "VARCHAR", "customer")
PRODUCT = Column("product_id", "VARCHAR", "product")


def _ranks(key: str) -> Rule:
    return Rule(RANKS.name, RANKS.sql.format(key=key), RANKS.doc)


def _customer(column: str = "customer_id") -> ForeignKey:
    return ForeignKey((column,), "clean.customers", ("customer_id",))


def _product(column: str = "product_id") -> ForeignKey:
    return ForeignKey((column,), "clean.products", ("product_id",))


SIMILAR_CUSTOMERS = mart(
    "similar_customers",
    "one of the customers most like a customer, by the first of `recommend.customer_measures`",
    (
        CUSTOMER,
        Column("rank", "INTEGER", "1 is the most alike", minimum=1),
        Column("similar_customer_id", "VARCHAR", "the customer who is like them"),
        Column("score", "FLOAT", "higher is more alike"),
        Column("n_common_products", "INTEGER", "products that both have to do with", minimum=1),
    ),
    ("customer_id", "rank"),
    (_customer(), _customer("similar_customer_id")),
    (
        _ranks("customer_id"),
        Rule("not_like_itself", "SELECT * FROM {batch} WHERE customer_id = similar_customer_id", "self left out"),
    ),
)

EMAIL = mart(
    "email_recommendations",
    "one product for an e-mail to a customer; who sends leaves out is_holdout, and who has no consent",
    (
        CUSTOMER,
        RANK,
        PRODUCT,
        TITLE,
        Column("reason_code", "VARCHAR", "why, as in marts.recommendations", values=REASONS),
        Column("reason_title", "VARCHAR", "title of the customer's own product that is most behind it", required=False),
        Column("is_holdout", "BOOLEAN", "the customer is held out to measure the lists: do not send"),
        Column("has_email_consent", "BOOLEAN", "the customer may be written to: else do not send"),
    ),
    ("customer_id", "rank"),
    (_customer(), _product()),
    (
        _ranks("customer_id"),
        only_shown_products(),
        Rule(
            "nobody_is_left_out",
            "SELECT customer_id FROM marts.recommendations SEMI JOIN clean.customers USING (customer_id)"
            " WHERE customer_id NOT IN (SELECT customer_id FROM {batch})",
            "whoever has recommendations is here",
        ),
    ),
)

PRODUCT_PAGE = mart(
    "product_page_recommendations",
    "one product that is shown on the page of another",
    (
        Column("product_id", "VARCHAR", "the product whose page it is"),
        Column(
            "list",
            "VARCHAR",
            "similar: like it by content, or by its customers where its content says nothing; bought_with: on the same"
            " orders",
            values=("similar", "bought_with"),
        ),
        RANK,
        Column("shown_product_id", "VARCHAR", "the product that is shown there"),
        TITLE,
        Column("score", "FLOAT", "higher is more alike; comparable within one list of one page"),
    ),
    ("product_id", "list", "rank"),
    (_product(), _product("shown_product_id")),
    (
        _ranks("product_id, list"),
        only_shown_products("shown_product_id"),
        Rule("not_on_its_own_page", "SELECT * FROM {batch} WHERE product_id = shown_product_id", "self left out"),
    ),
)

HOME_PAGE = mart(
    "home_page_recommendations",
    "one product of a list for the home page",
    (
        Column("list", "VARCHAR", "all, trending, category: NAME, country: NAME or segment: NAME"),
        RANK,
        PRODUCT,
        TITLE,
        Column("score", "DOUBLE", "as in marts.popular_products"),
    ),
    ("list", "rank"),
    (_product(),),
    (_ranks("list"), only_shown_products()),
)

SHOP_PAGES = (SIMILAR_CUSTOMERS, EMAIL, PRODUCT_PAGE, HOME_PAGE)
