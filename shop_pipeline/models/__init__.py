"""Similarity, factors, recommendations and their evaluation, from arrays to arrays.

Outline: `interactions` (the matrix with its ids) -> `similarity`, `als`, `popularity` (what is learned) ->
`item_neighbours`, `top_n` (what is recommended) under the port `recommender` -> `evaluation` (is it worth
publishing).

Nothing here knows Dagster, DuckDB, files or the environment; everything can be imported in a notebook.
"""
