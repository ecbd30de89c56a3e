"""Text to exact numbers. A decimal never passes through a binary float."""

import polars as pl

CODES = (
    "AED ARS AUD BDT BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP GHS HKD HUF IDR ILS INR JPY KES "
    "KRW MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
SIGNS = "$€£¥₹₱₩₫₺₦"
CURRENCY = rf"(?:[{SIGNS}]|{CODES.replace(' ', '|')})"
"""Signs, and ISO 4217 codes; not any three letters, or ``pcs 5`` would be money."""
SPACE = r"[\s\u{00A0}\u{202F}]"


def parse_decimal(text: pl.Series, precision: int, scale: int) -> pl.Series:
    """Read amounts of money and other decimals.

    ``1234.5``, ``$1,040.00``, ``1.234,56``, ``EUR 12.50``, ``(12.50)``, ``12.50-``, ``1 234.50``.
    The last of ``.`` and ``,`` is the decimal one if both are there; a lone ``,`` before three
    digits groups thousands, and before one or two it is decimal. A number with more decimals than
    ``scale`` (other than zeros) or more digits than ``precision`` is refused, never rounded.

    Args:
        text: String, trimmed, null where there is no value.
        precision: digits in all.
        scale: digits after the point.

    Returns:
        Decimal(precision, scale); null where the text is not such a number.
    """
    plain = _plain(text, SIGNS, CURRENCY)
    whole = max(1, precision - scale)
    fits = plain.str.contains(rf"^-?[0-9]{{1,{whole}}}(?:\.[0-9]{{0,{scale}}}0*)?$")
    return _where(plain, fits).cast(pl.Decimal(precision, scale), strict=False)


def parse_integer(text: pl.Series) -> pl.Series:
    """Read whole numbers: ``12``, ``1,200``, ``12.00``; not ``2.5``, never rounded, nor ``$5``.

    Args:
        text: String, trimmed, null where there is no value.

    Returns:
        Int64; null where the text is not a whole number of at most 18 digits.
    """
    plain = _plain(text, "", "(?:)")
    return plain.str.extract(r"^(-?[0-9]{1,18})(?:\.0*)?$").cast(pl.Int64, strict=False)


def _plain(text: pl.Series, signs: str, currency: str) -> pl.Series:
    """Number text in any notation as ``-1234.56``, null where it is none.

    Three tiers, each for what the one before left: plain as it is; money as tills write it
    (``$1,040.00``); and the rest, at the cost of a dozen patterns. To compile those takes longer
    than to read a small file, so that the last tier is left out where nothing is left for it.

    Args:
        text: String.
        signs: currency signs that may stand before the number.
        currency: a pattern for all that may stand for a currency.
    """
    odd = (~text.str.contains(r"^-?[0-9]+(?:\.[0-9]{1,2})?$")).fill_null(False)
    if not odd.any():
        return text
    rest = text.filter(odd)
    sign = f"[{signs}]?" if signs else ""
    usual = rest.str.contains(rf"^{sign}(?:[0-9]+|[0-9]{{1,3}}(?:,[0-9]{{3}})+)(?:\.[0-9]*)?$")
    money = rest.filter(usual).str.replace_all(",", "", literal=True)
    money = money.str.strip_chars_start(signs) if signs else money
    if not usual.all():
        left = rest.filter(~usual).to_frame("text")
        other = left.select(_unadorned(pl.col("text"), currency)).to_series()
        rest = rest.scatter((~usual).arg_true(), other)
    rest = rest.scatter(usual.arg_true(), money)
    return text.clone().scatter(odd.arg_true(), rest)  # scatter works in place


def _unadorned(text: pl.Expr, currency: str) -> pl.Expr:
    """Set aside sign, currency and grouping, each only where it may stand."""
    negative = text.str.contains(rf"^\(.*\)$|^{currency}?{SPACE}*-|-$")
    core = (
        text.str.replace(r"^\((.*)\)$", "$1")
        .str.replace(rf"^(?:{currency}{SPACE}*[+-]|[+-]?{SPACE}*{currency}?)", "")
        .str.replace(rf"(?:{SPACE}*{currency}|-)$", "")
        .str.strip_chars()
    )
    decimal_point = (
        pl.when(core.str.contains(r"^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$"))
        .then(core)
        .when(core.str.contains(r"^[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?$"))
        .then(core.str.replace_all(",", "", literal=True))
        .when(
            core.str.contains(rf"^[0-9]{{1,3}}(?:(?:{SPACE}|')[0-9]{{3}})+(?:[.,][0-9]{{1,2}})?$")
        )
        .then(core.str.replace_all(rf"{SPACE}|'", "").str.replace(",", ".", literal=True))
        .when(
            core.str.contains(r"^[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+$|^[0-9]{1,3}(?:\.[0-9]{3}){2,}$")
        )
        .then(core.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .when(core.str.contains(r"^[0-9]+,[0-9]{1,2}$"))
        .then(core.str.replace(",", ".", literal=True))
    )
    number = (
        pl.when(decimal_point.str.starts_with("."))
        .then("0" + decimal_point)
        .otherwise(decimal_point)
    )
    return pl.when(negative).then("-" + number).otherwise(number)


def _where(values: pl.Series, mask: pl.Series) -> pl.Series:
    """``values`` where ``mask`` is true, else null."""
    if mask.all():
        return values
    return (
        values.to_frame("value").select(pl.when(mask).then("value")).to_series().alias(values.name)
    )
