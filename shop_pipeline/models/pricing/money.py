"""How finely money is counted: decimals of a currency's smallest coin.

Not here: rates between currencies (`sql/clean/rates.sql`).
"""

TWO = 2
NONE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
DECIMALS = dict.fromkeys(NONE, 0) | dict.fromkeys(THREE, 3)
"""By ISO 4217 (list one, minor units): currencies that are not counted in hundredths."""


def decimals(currency: str) -> int:
    """Digits after the point of an amount in the currency; two for all that are not listed."""
    return DECIMALS.get(currency, TWO)
