"""Turn raw shop events into gated DuckDB tables, similarity, factors and recommendations."""
