"""A message as blocks of Slack."""

from typing import Any

from lake_assets.alerts.message import Message

SECTION_CHARACTERS = 3000
"""Of a block of Slack. https://docs.slack.dev/reference/block-kit/blocks/section-block"""


def slack(message: Message) -> dict[str, Any]:
    """The message as an incoming webhook of Slack takes it; nothing in it is markup of others."""
    text = escaped(message.text)
    sections = _cut(text, SECTION_CHARACTERS)
    return {
        "text": escaped(message.subject),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": message.subject}},
            *({"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in sections),
            {
                "type": "context",
                "elements": [
                    {"type": "mrkdwn", "text": f"{message.severity.upper()} · id {message.id}"}
                ],
            },
        ],
    }


def escaped(text: str) -> str:
    """Text in which Slack finds no link, mention or channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, longest: int) -> list[str]:
    """Whole lines in parts of at most ``longest`` characters; a longer line is cut off."""
    parts = [""]
    for line in text.split("\n"):
        line = line[:longest]
        if len(parts[-1]) + len(line) + 1 > longest:
            parts.append("")
        parts[-1] += f"\n{line}" if parts[-1] else line
    return parts
