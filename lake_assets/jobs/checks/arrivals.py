"""Checks of what arrived: which files were let in, and how many of their rows."""

from collections.abc import Sequence

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.finding import Finding, Row, Severity, allowed, listed, severity_of
from lake_assets.jobs.checks.samples import sampled_rejects
from lake_assets.jobs.repair.restate import Restated
from lake_assets.jobs.validate import Verdict, refused, sentence_of_stuck, stuck
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store


def header_contract(verdicts: Sequence[Verdict]) -> Finding:
    """Every file was let in; a refused one has a header or a form that breaks the contract.

    One that is stuck is not let in either.
    """
    out, held = refused(verdicts), stuck(verdicts)
    table: list[Row] = [
        {"file": v.source_file, "reason": v.reason or "", "detail": v.detail or "", "now at": v.key}
        for v in [*out, *held]
    ]
    which = listed(f"{verdict.source_file} ({verdict.reason})" for verdict in out)
    told = f": {which}" if which else ""
    sentence = f"{len(verdicts):,} files looked at, {len(out):,} refused{told}."
    figures: dict[str, float] = {"files": len(verdicts), "refused": len(out)}
    if held:
        sentence += f" {sentence_of_stuck(held)}"
        figures["stuck"] = len(held)
    return Finding(
        not (out or held),
        sentence,
        figures,
        table,
        recover="Mend them at the source and drop them in raw/ again. If the files are right, "
        "extend the contract (`lake sniff FILE` shows what it says of one) and drop them again.",
    )


def reject_rate(dataset: Dataset, records: Sequence[Commit], store: Store | None = None) -> Finding:
    """The share of rejected rows is within the contract's limit.

    Args:
        dataset: the contract.
        records: of the runs that are judged together.
        store: where a sample of the rejects is read, if there are too many; None shows none.
    """
    books = sum((record.books for record in records), Accounting())
    rows = books.rows_read - books.skipped
    rate = books.rejected / rows if rows else 0.0
    limit = dataset.quality.max_reject_rate
    level = severity_of(rate, limit)
    table: list[Row] = [
        {"reason": reason, "rows": count}
        for reason, count in sorted(books.reasons.items(), key=lambda pair: -pair[1])
    ]
    share = f"{rate:.2%}; the contract allows {allowed(limit, level):.2%}"
    return Finding(
        level is None,
        f"{books.rejected:,} of {rows:,} rows rejected ({share}).",
        {"reject_rate": rate},
        table,
        level or Severity.ERROR,
        sampled_rejects(store, records) if level and store else [],
        f"See {dataset.zones.rejected_rows}: `lake rejects` lists the rows by reason, each with "
        "its text. Mend the source and drop its files again; or mend the contract, raise its "
        "version, and `lake replay` the rows.",
    )


def readable(restated: Sequence[Restated]) -> Finding:
    """Every file that a replay meant could be read under the contract as it is now."""
    refused = {name: why for one in restated for name, why in one.refused.items()}
    files = sum(one.files for one in restated)
    sentence = f"{files:,} files read again."
    if refused:
        sentence = f"{len(refused)} files cannot be read any more; what they gave still stands."
    table: list[Row] = [{"file": name, "why": why} for name, why in sorted(refused.items())]
    return Finding(
        not refused,
        sentence,
        {"files": files},
        table,
        recover="Mend the contract, so that it takes these files as well, and replay again.",
    )
