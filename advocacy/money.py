"""Money in integer minor units. Pure. The one rounding rule: half up, once, at the minor unit."""

# ISO 4217, active codes with their number of decimals where that is not two.
_DECIMALS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
CURRENCIES = frozenset(
    (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
        "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP "
        "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR "
        "PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
        "SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VES VND VUV WST XAF XCD XCG XOF "
        "XPF YER ZAR ZMW ZWG"
    ).split()
)
POINTS = "PTS"
# The largest amount taken: far beyond any order, and no sum of them leaves a 64-bit integer.
LARGEST_MINOR = 10**12
BASIS_POINTS = 10_000


def decimals(unit):
    return 0 if unit == POINTS else _DECIMALS.get(unit, 2)


def round_half_up(value):
    """A Fraction to the nearest integer; a half goes away from zero."""
    sign = -1 if value < 0 else 1
    return sign * ((2 * abs(value.numerator) + value.denominator) // (2 * value.denominator))


def share(amount_minor, part, whole):
    """``amount × part ÷ whole`` in minor units, rounded once; ``whole`` is above 0."""
    # As round_half_up of a Fraction, which takes three times as long: settling asks it thousands of times a second.
    product = amount_minor * part
    return (2 * product + whole) // (2 * whole) if product >= 0 else -((whole - 2 * product) // (2 * whole))


def percent(amount_minor, basis_points):
    return share(amount_minor, basis_points, BASIS_POINTS)


def plain(amount_minor, unit):
    """``1234, EUR`` → ``12.34 EUR``: for logs, staff texts and tests; pages format in the reader's locale."""
    places = decimals(unit)
    sign, digits = ("-" if amount_minor < 0 else ""), str(abs(amount_minor)).rjust(places + 1, "0")
    number = digits if not places else f"{digits[:-places]}.{digits[-places:]}"
    return f"{sign}{number} {unit}"
