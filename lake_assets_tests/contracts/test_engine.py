"""Where jobs run, as a contract says it."""

import pytest
from pydantic import ValidationError

from lake_assets.contracts.engine import EngineChoice, EngineName


def test_a_name_alone_will_do() -> None:
    assert EngineChoice.model_validate("glue") == EngineChoice(name=EngineName.GLUE)


def test_jobs_run_here_if_nothing_is_said() -> None:
    assert EngineChoice().name is EngineName.LOCAL


def test_an_engine_that_is_none_is_told_with_those_there_are() -> None:
    with pytest.raises(
        ValidationError, match="'local', 'spark', 'glue', 'emr-serverless' or 'emr'"
    ):
        EngineChoice.model_validate("sparkle")
