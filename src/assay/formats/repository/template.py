"""Jinja templates, parsed by Jinja's own parser and never rendered."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.template_danger import Reach
from assay.formats.repository.text import decode_strictly, read_all
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

if TYPE_CHECKING:
    from jinja2 import Environment


MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 200
SUFFIXES: Final = (".jinja", ".jinja2", ".j2")


class Template(View):
    """A template.

    :param reaches: what it could get at, by line
    """

    kind: ClassVar[str] = "template"

    def __init__(self, name: str, reaches: list[Reach]) -> None:
        super().__init__()
        self.name = name
        self.reaches = reaches


def read(source: Source, budget: Budget, name: str) -> Template:
    """See :class:`assay.formats.signature.Reader`."""
    claimed = name.lower().endswith(SUFFIXES) or "template" in name.lower()
    if not claimed and source.size > MAX_BYTES:
        raise NotThisFormat("too long for a template")
    text = decode_strictly(read_all(source, budget, MAX_BYTES))
    try:
        return Template(name, _reaches(text, budget))
    except FormatError as error:
        if not claimed:
            raise NotThisFormat(error.what) from error
        raise


def _reaches(text: str, budget: Budget) -> list[Reach]:
    from jinja2 import TemplateError  # noqa: PLC0415 - slow to import

    from assay.formats.repository.template_reach import reach  # noqa: PLC0415 - it imports Jinja

    try:
        tree = _environment().parse(text)
    except TemplateError as error:
        raise FormatError(f"not a valid Jinja template: {_first(error.message)}") from error
    except (RecursionError, MemoryError) as error:
        raise FormatError("a Jinja template nested too deeply") from error
    except (ValueError, OverflowError, ArithmeticError) as error:
        raise FormatError("a Jinja template with a number that cannot be read") from error
    return reach(tree, budget)


def _first(message: str | None) -> str:
    return (message or "cannot be parsed").partition("\n")[0][:120]


@cache
def _environment() -> Environment:
    """As model libraries parse chat templates: with ``break``, ``continue``, ``do``, ``generation`` and ``trans``."""
    from jinja2 import Environment, nodes  # noqa: PLC0415 - slow to import
    from jinja2.ext import Extension  # noqa: PLC0415 - as above
    from jinja2.parser import Parser  # noqa: PLC0415 - as above

    class Generation(Extension):
        """The ``generation`` block, which marks what the model says."""

        tags = {"generation"}  # noqa: RUF012 - as the base class has it

        def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    # What is parsed here is never rendered, so there is nothing to escape.
    return Environment(  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", "jinja2.ext.i18n", Generation],
    )
