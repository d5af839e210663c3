"""The names that `shop.yaml` may use: labels of customers, models, measures of likeness.

Each is a list of what other modules hold, and a test says so; settings stand below them and can't ask.
"""

from typing import Literal

GatedModel = Literal[
    "product_similarity",
    "customer_similarity",
    "item_neighbours",
    "als",
    "model_evaluation",
    "recommendations",
    "session_transitions",
    "clv",
    "churn",
    "association_rules",
    "demand_forecast",
    "price_elasticity",
]

Label = Literal["wholesale", "bot", "staff", "test"]

# The catalogue of recommenders.
ModelName = Literal[
    "popularity",
    "popularity_trending",
    "popularity_by_category",
    "popularity_by_country",
    "item_neighbours",
    "user_neighbours",
    "content_based",
    "als",
    "pure_svd",
    "nmf",
    "ease",
    "sparse_ease",
    "graph_filter",
    "rp3beta",
    "transitions",
    "session_neighbours",
    "mult_vae",
]

ClassifierName = Literal["logistic_regression", "linear_svm", "decision_tree", "gradient_boosting"]

CustomerMeasure = Literal["cosine", "pearson", "euclidean", "jaccard", "tfidf", "bm25", "asymmetric"]
Measure = Literal[CustomerMeasure, "content", "bought_with"]
