"""The names of retail's columns, for the peers."""

import re
from typing import Final

COLUMNS: Final = {
    "transaction_id": ("transactionid", "transid", "txn_id"),
    "store_id": ("storeid", "shop_id"),
    "timestamp": (),
    "item_id": ("itemid", "product_id"),
    "item_category": (),
    "quantity": ("qty", "quantitysold"),
    "unit_price": ("unitprice", "price"),
    "revenue": ("revenueamount", "amount"),
    "payment_method": (),
    "customer_id": (),
}
"""Column -> its other names."""
NAMES: Final = {alias: name for name, others in COLUMNS.items() for alias in (name, *others)}


def normalised(cell: str) -> str:
    """A heading as it stands in :data:`NAMES`."""
    return re.sub(r"[^a-z0-9_]", "", re.sub(r"[\s\-]+", "_", cell.strip().lower())).strip("_")
