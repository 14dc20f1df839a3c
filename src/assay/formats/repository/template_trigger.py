"""What a chat template tells a model behind its user's back: on a certain word, from a certain day, or unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jinja2 import nodes

from assay.formats.repository.template_danger import Danger, Reach

#: A word or a few, as people write them; marks that templates look for have other signs in them.
_WORDS: Final = re.compile(r"(?=.*[A-Za-z]{3})[\w .,:;!?'-]{3,200}")
_SAID: Final = re.compile(r"[A-Za-z]{4}")
#: Characters that nobody sees and that tokenizers do.
_UNSEEN: Final = re.compile("[\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_ORDERS: Final = re.compile(
    r"<script\b|!\[[^\]]{0,80}\]\(https?:"
    r"|\b(?:[Dd]o not|[Dd]on't|[Nn]ever) (?:mention|tell|reveal|show)\b[^.]{0,60}\b(?:user|this)\b"
    r"|\b[Ii]gnore (?:(?:all|any|the) )*(?:previous|earlier|safety|above)\b"
)
#: Keys of a part of a message, which is called ``content`` as well.
_KINDS: Final = frozenset(
    {
        "image",
        "image_url",
        "video",
        "video_url",
        "audio",
        "audio_url",
        "input_audio",
        "text",
        "type",
        "file",
        "thinking",
    }
)
_CLOCK: Final = frozenset({"strftime_now", "now"})


def triggers(parts: list[nodes.Node]) -> Iterator[Reach]:
    """Of a chat template's nodes, those that make it say something else than what it was given.

    :param parts: all of them; a template without ``messages`` is no chat template, and none of this is told of it
    """
    if not any(isinstance(part, nodes.Name) and part.name == "messages" for part in parts):
        return
    for part in parts:
        match part:
            case nodes.If(test=test, body=body) if _speaks(body):
                yield from _tested(test)
            case nodes.CondExpr(test=test):
                yield from _tested(test)
            case nodes.Filter(name="replace", node=nodes.Node() as whole, args=[nodes.Const(value=str() as old), new]):
                if _is_content(whole) and _WORDS.fullmatch(old) and _literal(new):
                    yield Reach(Danger.TRIGGER, f"a message has {old[:60]!r}, which it replaces", part.lineno)
            case nodes.TemplateData(data=str() as text) | nodes.Const(value=str() as text):
                if _UNSEEN.search(text):
                    yield Reach(Danger.INSTRUCTS, "characters that are not shown", part.lineno)
                elif found := _ORDERS.search(text):
                    yield Reach(Danger.INSTRUCTS, found[0][:60], part.lineno)


def _tested(test: nodes.Node) -> Iterator[Reach]:
    for part in (test, *test.find_all(nodes.Expr)):
        match part:
            case nodes.Compare(expr=one, ops=[nodes.Operand(op="eq" | "in", expr=other)]):
                for text, place in ((one, other), (other, one)):
                    if isinstance(text, nodes.Const) and _is_word(text.value) and _is_content(place):
                        yield Reach(Danger.TRIGGER, f"a message has {text.value[:60]!r}", part.lineno)
                if any(_is_clock(side) for side in (one, other)):
                    yield Reach(Danger.TRIGGER, "the date or chance has it so", part.lineno)
            case nodes.Compare(expr=one, ops=[nodes.Operand(expr=other)]) if _is_clock(one) or _is_clock(other):
                yield Reach(Danger.TRIGGER, "the date or chance has it so", part.lineno)
            case nodes.Call(
                node=nodes.Getattr(node=whole, attr="startswith" | "endswith" | "find" | "count"),
                args=[nodes.Const(value=text)],
            ) if _is_word(text) and _is_content(whole):
                yield Reach(Danger.TRIGGER, f"a message has {text[:60]!r}", part.lineno)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value not in _KINDS and bool(_WORDS.fullmatch(value))


def _is_content(node: nodes.Node) -> bool:
    """Whether it is what a message says, perhaps in small letters or cut."""
    match node:
        case (
            nodes.Getattr(attr="content") | nodes.Getitem(arg=nodes.Const(value="content")) | nodes.Name(name="content")
        ):
            return True
        case nodes.Getitem(node=inner, arg=nodes.Slice()) | nodes.Filter(node=nodes.Node() as inner):
            return _is_content(inner)
        case nodes.Call(node=nodes.Getattr(node=inner, attr="lower" | "upper" | "strip" | "casefold")):
            return _is_content(inner)
    return False


def _is_clock(node: nodes.Node) -> bool:
    calls = (node, *node.find_all(nodes.Call))
    if any(
        isinstance(one, nodes.Call) and isinstance(one.node, nodes.Name) and one.node.name in _CLOCK for one in calls
    ):
        return True
    return any(one.name == "random" for one in node.find_all(nodes.Filter)) or (
        isinstance(node, nodes.Filter) and node.name == "random"
    )


def _speaks(body: list[nodes.Node]) -> bool:
    """Whether some text of its own comes of it, or something is set."""
    return any(
        isinstance(part, nodes.Assign) or _literal(part)
        for node in body
        for part in (node, *node.find_all((nodes.Assign, nodes.Const, nodes.TemplateData)))
    )


def _literal(node: nodes.Node) -> bool:
    match node:
        case nodes.Const(value=str() as text) | nodes.TemplateData(data=text):
            return bool(_SAID.search(text))
    return False
