"""Money as whole minor units of an ISO 4217 currency, and the one way to split it: no cent is lost or invented."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

# ISO 4217 minor units; every currency that is not named here and is in CURRENCIES has two.
_EXPONENTS = (
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
    | dict.fromkeys("CLF UYW".split(), 4)
)
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
CURRENCIES: dict[str, int] = dict.fromkeys(_TWO.split(), 2) | _EXPONENTS
"""Currency code -> how many decimals its minor unit has."""


def exponent(currency: str) -> int:
    """Decimals of a currency: EUR 2, JPY 0, KWD 3. KeyError for a code that is none."""
    return CURRENCIES[currency]


def to_minor(amount: Decimal, currency: str) -> int:
    """An exact amount in whole units of the currency, half-up on the absolute value: a credit mirrors its invoice."""
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_amount(minor: int, currency: str) -> Decimal:
    """Minor units as an amount: 1234 EUR -> 12.34."""
    return Decimal(minor).scaleb(-exponent(currency))


def as_text(minor: int, currency: str) -> str:
    """For sentences and logs, the same in every language: 61,200.00 EUR."""
    return f"{to_amount(minor, currency):,.{exponent(currency)}f} {currency}"


def allocate(total_minor: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Split a total by weights to the minor unit: the parts add up to the total, each within one unit of its share.

    Largest remainder; between equal remainders the earlier part. Weights are not negative and not all zero.
    """
    shares = [Fraction(w) for w in weights]
    whole = sum(shares)
    if whole <= 0 or min(shares) < 0:
        raise ValueError("weights must not be negative, and not all zero")
    exact = [total_minor * share / whole for share in shares]
    parts = [int(e // 1) for e in exact]
    left = total_minor - sum(parts)
    for n in sorted(range(len(exact)), key=lambda n: (parts[n] - exact[n], n))[:left]:
        parts[n] += 1
    return parts
