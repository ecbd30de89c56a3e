"""The documentation says what is true: its commands run, its examples load, its links resolve."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from lake_assets.cli.sniff import sniff
from lake_assets.contracts import Column, load_lake
from lake_assets.contracts.alerts import Alerts
from lake_assets.contracts.engine import EngineChoice
from lake_assets.contracts.gold import Gold
from lake_assets.contracts.quality import Quality
from lake_assets.contracts.zones import Unknown, Zones
from lake_assets_tests.docs import pages
from lake_assets_tests.docs.pages import GUIDES, MAKE_DEMO, MAKE_SAMPLES, PAGES, PROJECT, Command

NOT_RUN = {
    ("README.md", "make dev"),
    ("README.md", "export LAKE_URI=s3://bucket"),
    ("docs/tutorial.md", "make dev"),
    ("docs/how-to/run-on-s3.md", "aws s3 mb s3://my-lake"),
    ("docs/how-to/run-on-s3.md", "make dev LAKE_URI=s3://my-lake"),
    ("docs/how-to/deploy.md", "docker compose -f deploy/compose.yaml up --build --detach"),
    (
        "docs/how-to/deploy.md",
        "docker compose -f deploy/compose.yaml exec code lake generate retail/sales "
        "--out /var/lib/lakes/retail/raw",
    ),
    ("docs/how-to/deploy.md", "dg plus login"),
    ("docs/how-to/load-a-warehouse.md", "lake warehouse load telco --to snowflake"),
    ("docs/how-to/validate-at-once-with-lambda.md", "make lambda"),
    ("docs/how-to/validate-at-once-with-lambda.md", "make lambda MACHINE=aarch64"),
    (
        "docs/how-to/validate-at-once-with-lambda.md",
        "aws s3api put-bucket-notification-configuration --bucket my-lake "
        "--notification-configuration file://notification.json",
    ),
    (
        "docs/how-to/react-to-s3-events.md",
        "aws sqs create-queue --queue-name retail-arrivals --attributes file://queue.json",
    ),
    (
        "docs/how-to/react-to-s3-events.md",
        "aws s3api put-bucket-notification-configuration --bucket my-lake "
        "--notification-configuration file://events.json",
    ),
    (
        "docs/how-to/react-to-s3-events.md",
        "export LAKE_RETAIL_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/123456789012/"
        "retail-arrivals",
    ),
    (
        "docs/how-to/run-on-glue-and-emr.md",
        "lake deploy --to s3://my-lake/deploy --glue-job lake-retail "
        "--glue-role arn:aws:iam::123456789012:role/lake-job",
    ),
    (
        "docs/how-to/run-on-glue-and-emr.md",
        "lake deploy --to s3://my-lake/deploy --for emr-serverless",
    ),
    ("docs/how-to/run-on-glue-and-emr.md", "lake deploy --to s3://my-lake/deploy --for emr"),
}
ON_S3 = {"run-on-glue-and-emr.md", "run-on-s3.md", "validate-at-once-with-lambda.md"}
"""Every block of commands that is not run, by its first command. All others are."""

LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
SCHEMA = PROJECT / "docs/reference/lake.schema.json"


@pytest.mark.parametrize("page", GUIDES, ids=pages.name_of)
def test_commands_run_and_print_what_the_page_shows(
    page: Path, tmp_path: Path, s3_endpoint: str
) -> None:
    root = pages.fresh_clone(tmp_path)
    steps: list[Command] = []
    if "build/lake/" in page.read_text("utf-8"):  # where `make dev` drops its samples
        steps.append(Command(MAKE_SAMPLES))
    for block in pages.blocks(page):
        if block.file:
            (root / block.file).parent.mkdir(parents=True, exist_ok=True)
            (root / block.file).write_text(block.text)
        if not block.not_run:
            steps += pages.commands(block)
    settings = {}
    if page.name in ON_S3:
        bucket = boto3.resource("s3", endpoint_url=s3_endpoint).Bucket("my-lake")
        bucket.create()
        bucket.objects.delete()  # what another page has left there
        settings = {"LAKE_S3_ENDPOINT": s3_endpoint, "AWS_ENDPOINT_URL": s3_endpoint}
    for result in pages.run(steps, root, pages.environment(root, **settings)):
        told = f"$ {result.command.text}\n{result.printed}"
        assert result.code == 0, told
        assert "Traceback" not in result.printed, told
        if result.command.shown:
            assert pages.shows(result.command.shown, result.printed), told


def test_only_the_blocks_known_are_not_run() -> None:
    found = {
        (pages.name_of(page), pages.commands(block)[0].text.strip())
        for page in GUIDES
        for block in pages.blocks(page)
        if block.not_run
    }
    assert found == NOT_RUN


def test_make_demo_is_the_command_that_is_run_in_its_place() -> None:
    recipe = (PROJECT / "Makefile").read_text("utf-8").partition("\ndemo:")[2].split("\n")[1]
    assert recipe.split()[-4:] == MAKE_DEMO.split()


def test_make_dev_drops_its_samples_with_the_command_that_is_run_in_its_place() -> None:
    recipe = (PROJECT / "Makefile").read_text("utf-8").partition("\ndev:")[2].partition("\n\n")[0]
    assert f"$(RUN) {MAKE_SAMPLES};" in recipe


def test_readme_shows_the_table_as_the_demo_prints_it(tmp_path: Path) -> None:
    root = pages.fresh_clone(tmp_path)
    [result] = pages.run([Command(MAKE_DEMO)], root, pages.environment(root))
    table = next(b for b in pages.blocks(PROJECT / "README.md") if b.language == "text")
    assert pages.shows(f"...\n{table.text}...\n", result.printed), result.printed


def test_readme_shows_the_result_before_the_first_command() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    assert (
        text.index("docs/images/lineage.png") < text.index("all files") < text.index("```console")
    )


def test_shows_wants_each_line_in_its_place() -> None:
    printed = "one\n\ntwo 2 \nthree\n"
    assert pages.shows("one\ntwo 2\nthree\n", printed)
    assert pages.shows("one\n...\nthree\n", printed)
    assert pages.shows("...\ntwo ...\n...\n", printed)
    assert not pages.shows("one\nthree\n", printed)
    assert not pages.shows("one\ntwo 2\n", printed)
    assert not pages.shows("...\ntwo 3\n...\n", printed)


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_yaml_examples_load(page: Path, tmp_path: Path) -> None:
    for block in pages.blocks(page):
        if block.language != "yaml":
            continue
        document = yaml.safe_load(block.text)
        if isinstance(document, dict) and "attributes" in document:
            example = tmp_path / "defs.yaml"
            example.write_text(block.text)
            assert load_lake(example).datasets
            jsonschema.validate(as_json(document), json.loads(SCHEMA.read_text("utf-8")))
        elif isinstance(document, list):
            assert [Column.model_validate(column) for column in document]
        elif document and set(document) == {"engine"}:
            assert EngineChoice.model_validate(document["engine"]).from_mb
        elif document and set(document) == {"quality"}:
            assert Quality.model_validate(document["quality"]).columns()
        elif document and set(document) == {"gold"}:
            assert Gold.model_validate(document["gold"]).has_options
        elif document and set(document) == {"alerts"}:
            assert Alerts.model_validate(document["alerts"]).routes
        elif document and set(document) == {"unknown"}:
            assert Unknown.model_validate(document["unknown"]).name == "unknown"
        elif document:
            assert set(document) == {"zones"}, "say in this test how to load this example"
            Zones.model_validate(document["zones"])


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_links_resolve(page: Path) -> None:
    for image, target in LINK.findall(prose(page)):
        if image or re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{pages.name_of(page)} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{pages.name_of(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_images_exist_and_say_what_they_show(page: Path) -> None:
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", prose(page)):
        assert (page.parent / target).is_file(), f"{pages.name_of(page)} shows {target}"
        assert len(alt) > 20


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_pages_are_linked_from_the_readme_or_from_one_that_is(page: Path) -> None:
    reached, queue = set(), [PROJECT / "README.md"]
    while queue:
        reached.add(here := queue.pop())
        for _, target in LINK.findall(prose(here)):
            linked = (here.parent / target.partition("#")[0]).resolve()
            if linked in PAGES and linked not in reached:
                queue.append(linked)
    assert page in reached


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_pages_name_no_place_of_one_machine(page: Path) -> None:
    assert not re.search(r"(?<!\w)/(?:home|root|tmp|work|Users)/", page.read_text("utf-8"))


def test_reference_is_what_the_code_says() -> None:
    script = [sys.executable, str(PROJECT / "docs/generate.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_form_of_run_json_is_what_the_reference_says(tmp_path: Path) -> None:
    generate = the_generator()
    steps = [
        Command("lake generate retail/sales --out in --files 1 --rows 50"),
        Command("lake run retail/sales in/*.csv --uri lake --json"),
    ]
    *_, result = pages.run(steps, tmp_path, pages.environment(tmp_path))
    document = json.loads(result.printed)
    assert list(generate.RUN_KEYS) == list(keys_of(document))
    assert list(keys_of(generate.RUN_EXAMPLE)) == list(keys_of(document))
    page = (PROJECT / "docs/reference/cli.md").read_text("utf-8")
    assert all(f"| `{key}` |" in page for key in keys_of(document))


def test_the_form_of_sniff_json_is_what_the_reference_says(tmp_path: Path) -> None:
    steps = [
        Command("lake generate retail/sales --out in --files 1 --rows 50"),
        Command("lake sniff in/*.csv --contract retail/sales --json"),
        Command("lake sniff in/*.csv --json"),
    ]
    root = pages.fresh_clone(tmp_path)
    _, *results = pages.run(steps, root, pages.environment(root))
    found = {key for result in results for key in json.loads(result.printed)}
    (tmp_path / "a.ndjson").write_text('{"a": 1}\n')
    found |= set(sniff(tmp_path / "a.ndjson", 1, "", None))
    assert set(the_generator().SNIFF_KEYS) == found
    page = (PROJECT / "docs/reference/cli.md").read_text("utf-8")
    assert all(f"| `{key}` |" in page for key in found)


@pytest.mark.parametrize(
    ("command", "table"),
    [
        ("trace retail/sales --row transaction_id=A1", "TRACE_ROW_KEYS"),
        ("trace retail/sales --file mine.csv", "TRACE_FILE_KEYS"),
        ("reconcile", "RECONCILE_KEYS"),
    ],
)
def test_the_form_of_what_others_print_as_json_is_what_the_reference_says(
    tmp_path: Path, command: str, table: str
) -> None:
    mine = (
        "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue\n"
        "A1,S1,2025-02-03 09:15,coffee,2,3.50,7.00\n"
    )
    root = pages.fresh_clone(tmp_path)
    (root / "mine.csv").write_text(mine)
    steps = [
        Command("lake run retail/sales mine.csv --uri lake"),
        Command("touch lake/archive/stray"),
        Command(f"lake {command} --uri lake --json"),
    ]
    *_, result = pages.run(steps, root, pages.environment(root))
    assert list(dotted(json.loads(result.printed))) == list(getattr(the_generator(), table))


def test_schema_accepts_the_lakes_that_are_there() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in sorted((PROJECT / "lake_assets/defs").glob("*/defs.yaml")):
        jsonschema.validate(as_json(yaml.safe_load(path.read_text("utf-8"))), schema)


def test_schema_refuses_a_misspelt_key() -> None:
    document = yaml.safe_load((PROJECT / "lake_assets/defs/retail/defs.yaml").read_text("utf-8"))
    document["attributes"]["datasets"][0]["colums"] = []
    with pytest.raises(jsonschema.ValidationError, match="colums"):
        jsonschema.validate(as_json(document), json.loads(SCHEMA.read_text("utf-8")))


def keys_of(document: dict[str, Any]) -> Iterator[str]:
    """The keys of a report; those of the objects in a list behind the list's own."""
    for key, value in document.items():
        yield key
        if isinstance(value, list) and isinstance(value[0], dict):
            yield from (f"{key}.{name}" for name in value[0])


def dotted(document: dict[str, Any], above: str = "") -> Iterator[str]:
    """The keys of a report; those of the objects in a list below the list's own, at any depth."""
    for key, value in document.items():
        yield f"{above}{key}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from dotted(value[0], f"{above}{key}.")


def the_generator() -> ModuleType:
    """The script that writes the reference, as a module."""
    spec = importlib.util.spec_from_file_location("generate", PROJECT / "docs/generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    return generate


def as_json(document: Any) -> Any:
    """A YAML document as an editor sees it: dates are texts."""
    return json.loads(json.dumps(document, default=str))


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return pages.FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
