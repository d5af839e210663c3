"""Similarity, recommenders, ratings and their evaluation, from arrays to arrays.

Outline: `interactions` (the matrix with its ids) -> `similarity` (what is alike) -> `recommenders` (a module per model
behind the port `recommender`, listed in `catalogue`; `top_n` finds the best of many) -> `evaluation` (metrics, the
search for settings, what is worth publishing). Beside them: `ratings` (explicit stars), `readiness` (what the data
allow) and `returns` (which sale came back).

Nothing here knows Dagster, DuckDB, files or the environment; everything can be imported in a notebook.
"""
