"""Steps that are tried again: a store that does not answer may answer later.

What a batch had not committed is simply done again. We ask for it ourselves, because a retry policy
of Dagster also repeats a step whose run was cancelled: it would start a remote run anew.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any, Concatenate, ParamSpec, cast

import dagster as dg

MAX_RETRIES = 2
SECONDS = 5
"""Before the first; twice as long before each further one."""

Rest = ParamSpec("Rest")
Body = Callable[Concatenate[dg.AssetExecutionContext, Rest], Iterator[Any]]
"""An asset's body: it yields its results, and those of its checks."""


def retried(body: "Body[Rest]") -> "Body[Rest]":
    """An asset's body that is run again after any error but those which only a person mends."""

    @functools.wraps(body)
    def run(
        context: dg.AssetExecutionContext, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> Iterator[Any]:
        try:
            yield from body(context, *args, **kwargs)
        except Exception as error:
            is_final = isinstance(error, dg.Failure) and not error.allow_retries
            is_dagsters = isinstance(error, dg.DagsterError)
            if is_final or is_dagsters or context.retry_number >= MAX_RETRIES:
                raise
            wait = SECONDS * 2**context.retry_number
            raise dg.RetryRequested(max_retries=MAX_RETRIES, seconds_to_wait=wait) from error

    return cast("Body[Rest]", run)
