"""What the pathology manager did in the pages: every change, and every link that was judged."""

from nodewise.table import Table
from nodewise.tables.columns import PARTICIPANT, count, text

CORRECTIONS = Table(
    "corrections",
    "one row per entry or change of pathology in the pages; nothing is ever taken away here",
    (
        count("number", "order of the changes, from 1"),
        text("at", "time, UTC", nullable=False),
        text("who", "user who made it", nullable=False),
        text("table", "table that was changed", nullable=False),
        PARTICIPANT,
        text("item", "level or specimen node", nullable=False),
        text("before", "the row before (JSON); empty when it was new"),
        text("after", "the row after (JSON); empty when it was taken away"),
    ),
    key=("number",),
    truth=True,
)

LINKS = Table(
    "links",
    "one row per specimen node that was judged on the matching board",
    (
        PARTICIPANT,
        text("specimen_node", "the pathologist's name of the node", nullable=False),
        text("image_label", "label of the drawn region that it is held to be", nullable=False),
        text(
            "certainty",
            "certain or probable: matched as linked; uncertain: noted, and not matched by the link",
            nullable=False,
        ),
        text("who", "user who judged", nullable=False),
        text("at", "time, UTC", nullable=False),
    ),
    key=("participant", "specimen_node"),
    truth=True,
)
