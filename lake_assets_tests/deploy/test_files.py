"""The files that deploy: strict, complete, and in agreement with each other and with the docs."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from dagster._config import resolve_to_config_type, validate_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster_cloud_cli.config.models import load_dagster_cloud_yaml
from dagster_dg_cli.cli.utils import create_temp_dagster_cloud_yaml_file
from dagster_dg_core.context import DgContext
from pydantic import ValidationError

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
LOCATION = "lake_assets.definitions"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def compose() -> Any:
    return load(DEPLOY / "compose.yaml")


def example() -> dict[str, str]:
    """The variables of .env.example, commented ones included."""
    text = (DEPLOY / ".env.example").read_text()
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def documented() -> set[str]:
    """The variables in the tables of the settings page."""
    return set(re.findall(r"^\| `([A-Z0-9_<>]+)` \|", SETTINGS.read_text(), re.MULTILINE))


def asked_for(node: Any) -> set[str]:
    """The variables that a dagster.yaml takes from the environment."""
    if isinstance(node, list):
        return {name for each in node for name in asked_for(each)}
    if not isinstance(node, dict):
        return set()
    if set(node) == {"env"}:
        return {node["env"]}
    return {name for each in node.values() for name in asked_for(each)}


def variables_of_compose() -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", (DEPLOY / "compose.yaml").read_text()))


# --- dagster.yaml -----------------------------------------------------------------


def faults(settings: Any) -> list[Any]:
    """What Dagster's own schema of an instance finds wrong."""
    schema = resolve_to_config_type(dagster_instance_config_schema())
    return list(validate_config(schema, settings).errors or ())


@pytest.mark.parametrize("folder", [DEPLOY, ROOT], ids=["production", "development"])
def test_dagster_yaml_has_only_settings_that_dagster_knows(folder: Path) -> None:
    assert faults(load(folder / "dagster.yaml")) == []


def test_a_misspelt_setting_of_dagster_is_found() -> None:
    settings = load(DEPLOY / "dagster.yaml")
    settings["run_monitoring"]["poll_intervall_seconds"] = 10
    (fault,) = faults(settings)
    assert "poll_intervall_seconds" in fault.message


def test_production_differs_from_development_in_nothing_that_makes_runs_meet() -> None:
    production, development = load(DEPLOY / "dagster.yaml"), load(ROOT / "dagster.yaml")
    assert production["concurrency"]["pools"] == development["concurrency"]["pools"]
    assert production["run_retries"] == development["run_retries"]


# --- variables --------------------------------------------------------------------


def test_each_variable_that_deployment_asks_for_is_in_the_example_and_in_the_docs() -> None:
    asked = asked_for(load(DEPLOY / "dagster.yaml")) | variables_of_compose()
    assert asked >= {"DAGSTER_PG_PASSWORD", "DAGSTER_LOGS_BUCKET", "LAKE_IMAGE", "PORT"}
    assert asked <= set(example())
    assert set(example()) <= documented()


def test_the_example_holds_no_secret() -> None:
    secret = re.compile("PASSWORD|SECRET|KEY|TOKEN")
    held = {name: value for name, value in example().items() if secret.search(name) and value}
    assert held == {}


def test_the_file_with_the_secrets_is_neither_committed_nor_in_the_image() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!") and ".env" in line]
    assert "!deploy" not in ignored


# --- compose ----------------------------------------------------------------------


def compose_schema() -> Any:
    """The Compose Specification, as check-jsonschema brings it."""
    schemas = files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((schemas / "compose-spec.json").read_text())


def test_the_compose_file_follows_its_specification() -> None:
    jsonschema.validate(compose(), compose_schema())


def test_a_misspelt_key_of_the_compose_file_is_found() -> None:
    wrong = compose()
    wrong["services"]["web"]["port"] = ["3000:3000"]
    with pytest.raises(jsonschema.ValidationError, match="port"):
        jsonschema.validate(wrong, compose_schema())


def test_only_the_web_server_is_published_and_only_to_this_machine() -> None:
    ports = {name: service.get("ports", []) for name, service in compose()["services"].items()}
    assert {name for name, published in ports.items() if published} == {"web"}
    assert all(port.startswith("127.0.0.1:") for port in ports["web"])


def test_every_service_says_whether_it_is_healthy_and_waits_for_those_that_it_needs() -> None:
    services = compose()["services"]
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            assert how == {"condition": "service_healthy"}


def test_images_have_versions() -> None:
    service = compose()["services"]["postgres"]
    froms = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in (service["image"], *froms):
        assert re.search(r":\d+[\w.-]*$", image), image


def test_the_workspace_names_the_code_server_of_the_compose_file() -> None:
    (place,) = load(DEPLOY / "workspace.yaml")["load_from"]
    server = place["grpc_server"]
    command = compose()["services"][server["host"]]["command"]
    assert command[command.index("--port") + 1] == str(server["port"])
    assert command[command.index("--module-name") + 1] == LOCATION
    assert server["location_name"] == project()["tool"]["dg"]["project"]["code_location_name"]


# --- the image --------------------------------------------------------------------


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def dockerfile() -> str:
    """Its instructions, one a line."""
    return (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def test_the_image_is_made_of_files_that_are_there_and_not_ignored() -> None:
    copies = re.findall(r"^COPY (?!--)(.+)$", dockerfile(), re.MULTILINE)
    sources = [source for copy in copies for source in copy.split()[:-1]]
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert len(sources) > 5
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == kept


def test_the_image_installs_extras_that_there_are() -> None:
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", dockerfile(), re.MULTILINE)
    assert set(extras.split(",")) <= set(project()["project"]["optional-dependencies"])


def test_the_image_runs_the_code_server_and_not_as_root() -> None:
    lines = dockerfile().splitlines()
    user = next(n for n, line in enumerate(lines) if line.startswith("USER "))
    assert lines[user] not in {"USER root", "USER 0"}
    assert not [line for line in lines[user:] if line.startswith("RUN ")]
    (command,) = (line.removeprefix("CMD ") for line in lines if line.startswith("CMD "))
    assert json.loads(command) == compose()["services"]["code"]["command"]


# --- Dagster+ ---------------------------------------------------------------------


def test_what_dg_deploys_is_what_dagster_cloud_yaml_says(tmp_path: Path) -> None:
    """Dagster's own tool puts the newer files together, and its own models read both."""
    context = DgContext.for_project_environment(ROOT, {})
    made = load_dagster_cloud_yaml(
        Path(create_temp_dagster_cloud_yaml_file(context, str(tmp_path))).read_text()
    )
    (newer,) = made.locations
    (older,) = load_dagster_cloud_yaml((ROOT / "dagster_cloud.yaml").read_text()).locations
    assert newer.location_name == older.location_name
    assert newer.build
    assert newer.build.directory == str(ROOT)
    assert newer.container_context == load(ROOT / "container_context.yaml")
    assert older.code_source
    assert older.code_source.module_name == LOCATION


@pytest.mark.parametrize("name", ["build", "agent"])
def test_a_misspelt_key_of_dagster_plus_is_found(name: str) -> None:
    text = (ROOT / "dagster_cloud.yaml").read_text() + f"    {name}s: x\n"
    with pytest.raises(ValidationError, match=f"{name}s"):
        load_dagster_cloud_yaml(text)


def test_containers_of_dagster_plus_get_variables_that_the_docs_know_and_no_values() -> None:
    platforms = load(ROOT / "container_context.yaml")
    assert set(platforms) <= {"docker", "ecs", "k8s"}
    for platform in platforms.values():
        assert set(platform["env_vars"]) <= documented()
