"""What holds for a whole retail sample file: its header, delimiter, line ends, conventions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from lake_assets.samples.chance import chosen, key, one_of_every, shuffled

DELIMITERS: Final = (",", ";", "\t", "|")

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "transaction_id": (
        "transaction_id",
        "Transaction ID",
        "TransactionID",
        "transid",
        "txn_id",
        "Txn-ID",
    ),
    "store_id": ("store_id", "storeid", "StoreID", "shop_id", "Store ID"),
    "timestamp": ("timestamp", "Timestamp", "TIMESTAMP"),
    "item_id": ("item_id", "itemid", "Item-ID", "product_id", "Product ID"),
    "item_category": ("item_category", "Item Category", "ITEM_CATEGORY"),
    "quantity": ("quantity", "qty", "Qty.", "QuantitySold"),
    "unit_price": ("unit_price", "Unit-Price", "UnitPrice", "price"),
    "revenue": ("revenue", "Revenue($)", "RevenueAmount", "amount"),
    "payment_method": ("payment_method", "Payment Method", "payment-method"),
    "customer_id": ("customer_id", "Customer ID", "customer-id"),
    "discount_code": ("discount_code", "Discount Code"),
}
"""Column -> the headings under which it comes; the first is the contract's own name."""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The choices of one file. `columns` and `header` are in file order."""

    file_key: int
    id_prefix: str
    day: date
    late_days: int
    rows: int
    duplicates: float
    delimiter: str
    columns: tuple[str, ...]
    header: tuple[str, ...]
    slashed: str | None
    newline: str
    bom: bool
    final_newline: bool


def plan_file(
    *, seed: int, index: int, day: date, start: date, rows: int, duplicates: float
) -> FilePlan:
    """Decide file number `index` (from 0) of a sample: `rows` records, mostly of `day`."""
    file_key = key(seed, "file", index)

    def one_in(group: int, what: str) -> bool:
        return one_of_every(key(seed, what), index, group)

    columns = [name for name in HEADERS if name not in ("customer_id", "discount_code")]
    if not one_in(5, "no customer"):
        columns.append("customer_id")
    if one_in(3, "discount"):
        columns.append("discount_code")
    columns = shuffled(key(file_key, "columns"), columns)
    delimiters = shuffled(key(seed, "delimiters", index // len(DELIMITERS)), DELIMITERS)
    return FilePlan(
        file_key=file_key,
        id_prefix=f"T{seed}-{index:04d}-",
        day=day,
        late_days=min(3, (day - start).days),
        rows=rows,
        duplicates=duplicates,
        delimiter=delimiters[index % len(DELIMITERS)],
        columns=tuple(columns),
        header=tuple(_heading(file_key, name) for name in columns),
        slashed=_slashed(seed, index, day) if one_in(2, "slashed") else None,
        newline="\r\n" if one_in(3, "newline") else "\n",
        bom=one_in(3, "bom"),
        final_newline=not one_in(4, "final newline"),
    )


def _heading(file_key: int, name: str) -> str:
    spellings = HEADERS[name]
    turn = chosen(key(file_key, "heading", name), 0, 2 * len(spellings))
    return spellings[turn] if turn < len(spellings) else spellings[0]


def _slashed(seed: int, index: int, day: date) -> str | None:
    """Choose the file's one convention for slashed dates, where a reader can tell which it is.

    A day above 12 tells by itself; otherwise the date in the file's name does, unless it reads
    the same both ways.
    """
    if day.day == day.month:
        return None
    # Neighbouring pairs of files differ, so that four files have both conventions.
    month_first = one_of_every(key(seed, "convention"), index // 2, 2)
    return "%m/%d/%Y " if month_first else "%d/%m/%Y "
