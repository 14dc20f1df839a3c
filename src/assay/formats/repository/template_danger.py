"""What a template can be found to get at; apart from the walk over it, which needs Jinja."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Danger(enum.Enum):
    """What a template does beyond laying out text."""

    INTERNALS = "reaches into Python's internals"
    HIDDEN_NAME = "puts together the name of an attribute"
    FORMAT = "reaches attributes through a format string"
    LOADS = "loads another template"
    EXHAUSTS = "makes so much that memory or time runs out"
    CALLS_UNKNOWN = "calls something no model library offers"
    TRIGGER = "tells the model something else when"
    INSTRUCTS = "tells the model what its user is not to see"


@dataclass(frozen=True, slots=True)
class Reach:
    """Something a template gets at.

    :param what: the name, cut
    """

    danger: Danger
    what: str
    line: int
