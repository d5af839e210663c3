"""Assets about customers. Stages: `segments`, who is like whom; `value`, what they are worth; `propensity`, what next.

The other modules hold what these are made of.
"""
