"""A message as Slack takes it."""

from lake_assets.alerts.message import LINES
from lake_assets.alerts.slack import SECTION_CHARACTERS, escaped, slack
from lake_assets_tests.alerts.notices import message, notice


def test_slack_finds_no_mention_and_no_link_in_a_name() -> None:
    told = slack(message(notice("<!channel> & <https://evil.example|x>.csv")))
    text = told["blocks"][1]["text"]["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; " in text


def test_slack_gets_sections_that_it_takes() -> None:
    notices = [notice("x" * 400 + str(number)) for number in range(LINES)]
    blocks = slack(message(*notices, notice("y" * 5000)))["blocks"]
    sections = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    assert len(sections) > 1
    assert max(map(len, sections)) <= SECTION_CHARACTERS
    assert len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150


def test_escaped_text_is_read_back_by_slack_as_it_was() -> None:
    assert escaped("a&lt;<b>") == "a&amp;lt;&lt;b&gt;"
