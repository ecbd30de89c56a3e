"""How amounts name their currency, and how amounts of it are usually written.

The marks are those in use on price tags and tills; the codes are of ISO 4217. Not any word: or
``5 pcs`` would be money.
"""

from typing import Final

POINT, COMMA = ".", ","
"""The usual decimal mark."""
EITHER = "either"
"""Both marks are in use."""
THOUSANDTHS = "thousandths"
"""A point, and three decimals are usual."""
WHOLE = "whole"
"""There are no decimals: what looks like one mark before three digits groups thousands."""

_CODES: Final = {
    POINT: "AED AUD BDT BWP CAD CHF CNY EGP GBP GHS HKD ILS INR JMD KES LKR MOP MXN MYR NGN NPR "
    "NZD PHP PKR QAR SAR SGD THB TTD TWD TZS USD ZAR ZMW",
    COMMA: "ARS BGN BRL BYN CZK DKK HRK HUF NOK PLN RON RSD RUB SEK TRY UAH UYU",
    EITHER: "AFN ALL AMD AZN BAM BTC ETB EUR GEL KGS KZT LAK MAD MDL MGA MKD MNT MZN PEN PTE UZS",
    THOUSANDTHS: "BHD IQD JOD KWD LYD OMR TND",
    WHOLE: "CLP COP IDR IRR ISK JPY KRW PYG UGX VND XAF XOF XPF",
}
_MARKS: Final = {
    POINT: "$ us$ usd$ c$ ca$ can$ a$ au$ aud$ nz$ hk$ s$ sgd$ nt$ nt mx$ j$ tt$ mop$ bz$ e£ £ ￡ "
    "₤ ¥ ￥ 元 圓 人民币 ₹ रु र rs rs. ₨ ₪ nis ฿ บาท ₱ php rm ₦ ₵ ksh kshs tsh r dh dhs sfr sfr. "
    "fr fr. جنيه ر.س د.إ ريال",
    COMMA: "zł zl kč kr kr. ₽ руб руб. рублей р р. ₴ грн грн. лв лв. lei leu ₺ tl r$ дин дин. ден "
    "kn br",
    EITHER: "€ euro euros ₣ ₿ ؋ ֏ ₼ ₾ ლ ₸ ₭ ៛ ₮ ₡ f dm esc l ar mt s/ s/. b/. bs bs. nu. lari som "
    "pound pounds francs dollars yuan",
    THOUSANDTHS: "kd bd jd د.ك د.ب د.ا د.ت د.ع ر.ع",
    WHOLE: "円 원 ₩ ₫ đ vnđ rp rp. clp$ col$ ₲ fcfa cfa ush ﷼ ریال تومان",
}
_CASED: Final = {"Ft": COMMA, "Kčs": COMMA}
"""Marks that are something else in lower case: ``16 ft`` is a length."""

USAGE: Final = {
    name: usage
    for usage in (POINT, COMMA, EITHER, THOUSANDTHS, WHOLE)
    for name in [*_CODES[usage].split(), *_MARKS[usage].split()]
} | _CASED
"""Codes in capitals and marks in lower case -> how amounts are usually written."""


def usage(name: str) -> str | None:
    """How amounts in a currency are usually written; None for a text that names none."""
    return USAGE.get(name) or USAGE.get(name.lower())
