"""The payloads of telco events: a nested JSON object of each event type."""

from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick

# Event type -> its object, with a whole number and an amount drawn where # and $ stand. No text in
# it has a colon or a comma, so that a producer's spaces can be put in behind each of them.
_PAYLOADS: Final = {
    "call_outgoing": '{"duration_s":#,"cost":$,"cell":{"lac":211,"tech":"LTE"}}',
    "call_incoming": '{"duration_s":#,"signal":-$,"cell":{"lac":212,"tech":"NR"}}',
    "sms_sent": '{"length":#,"cost":$,"parts":[1,2]}',
    "sms_received": '{"length":#,"delay_s":$,"parts":[]}',
    "data_session": '{"seconds":#,"megabytes":$,"apn":"internet"}',
    "app_login": '{"attempt":#,"score":$,"screen":{"w":1170,"h":2532}}',
    "app_logout": '{"seconds":#,"score":$,"forced":false}',
    "top_up": '{"reference":#,"amount":$,"method":{"kind":"card","last4":"0042"}}',
    "bill_paid": '{"invoice":#,"amount":$,"currency":"EUR"}',
    "plan_viewed": '{"visit":#,"seconds":$,"tags":["été","\\u00e9t\\u00e9"]}',
    "plan_change_asked": '{"request":#,"fee":$,"reason":"\\"too dear\\""}',
    "support_ticket": '{"ticket":#,"waited_min":$,"path":"billing\\/late","notes":null}',
    "roaming_started": '{"session":#,"rate":$,"visited":{"mcc":"208","mnc":"01"}}',
}
EVENT_TYPES: Final = tuple(_PAYLOADS)


def event_types(stream: int, event: pl.Expr) -> pl.Expr:
    """Return the number of each event's type: its place in `EVENT_TYPES`."""
    return draw(key(stream, "type"), event, len(EVENT_TYPES))


def payloads(stream: int, event: pl.Expr, *, spaced: bool) -> pl.Expr:
    """Return the payload (String, a JSON object) of each event."""
    kind = event_types(stream, event)
    number = draw(key(stream, "number"), event, 3_600).cast(pl.String)
    amount = draw(key(stream, "amount"), event, 10_000)
    cents = pl.concat_str(pl.lit("."), (amount % 100).cast(pl.String).str.zfill(2))
    parts = [_part(place, spaced=spaced) for place in range(3)]
    return pl.concat_str(
        pick(parts[0], kind),
        number,
        pick(parts[1], kind),
        (amount // 100).cast(pl.String),
        cents,
        pick(parts[2], kind),
    )


def _part(place: int, *, spaced: bool) -> pl.Series:
    """Of each type: what stands before the number, between it and the amount, behind that."""
    texts = []
    for template in _PAYLOADS.values():
        wide = template.replace(":", ": ").replace(",", ", ") if spaced else template
        before, _, rest = wide.partition("#")
        between, _, after = rest.partition("$")
        texts.append((before, between, after)[place])
    return pl.Series(texts)
