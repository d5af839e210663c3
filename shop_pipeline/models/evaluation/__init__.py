"""Is a model worth publishing: cuts, metrics, intervals, the search for settings."""
