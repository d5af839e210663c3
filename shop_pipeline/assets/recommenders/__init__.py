"""Assets that learn what to recommend and judge it. Stages: `tuning`, `hybrid`, `models`, `sessions`, `trade_offs`.

The other modules hold what these are made of; the lists that people query are in the stage `marts`.
"""
