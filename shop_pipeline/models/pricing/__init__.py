"""Prices as numbers: how demand answers to them, where they go, what they might be.

Outline: `sales` (cells of product, price spell and week) are cleared of what a group's prices did together
(`own_moves`); `responses` are the two slopes of a product, `elasticity` makes one figure with its interval of them,
`pooling` draws it to its group's. `known_prices` are the weeks behind a clock, `forecast` what they become,
`price_intervals` how far off. `suggestion` works out what another price would bring, `verdict` whether to say so,
`reasons` puts it into words, `money` knows the smallest coin. Not here: tables and files.
"""
