"""Checkpoints and signed notes: one form in, the same bytes out, everything else refused."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core import note
from assay.core.errors import StatementError
from assay.core.note import Checkpoint, NoteSignature, SignedNote, note_key_id, parse_checkpoint, parse_note

#: The example note and key of C2SP signed-note (the test vector of Go's sumdb/note package).
PETER = "PeterNeumann"
PETER_KEY = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

#: The same examples every time, and no clock.
steady = settings(deadline=None, derandomize=True)

LINES = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=30)
NAMES = LINES.filter(lambda name: "+" not in name and not any(char.isspace() for char in name))
CHECKPOINTS = st.builds(
    Checkpoint,
    LINES,
    st.integers(0, note.MAX_SIZE),
    st.binary(min_size=32, max_size=32),
    st.lists(LINES, max_size=3).map(tuple),
)
SIGNATURES = st.builds(NoteSignature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))

ROOT = base64.b64encode(bytes(32)).decode()


def test_the_published_note_reads_and_its_key_has_the_published_id() -> None:
    """Go's test vector: the key id in the note is the one computed from the key."""
    signed = parse_note(PETER_NOTE)
    assert signed.signatures[0].name == PETER
    assert signed.signatures[0].key_id == note_key_id(PETER, PETER_KEY) == bytes.fromhex("c74f20a3")
    assert len(signed.signatures[0].signature) == 64
    assert signed.render() == PETER_NOTE


def test_a_checkpoint_renders_as_the_specification_shows() -> None:
    """Origin, size, root, each on its line; extension lines after them."""
    text = f"example.org/log\n42\n{ROOT}\nmore\n"
    assert Checkpoint("example.org/log", 42, bytes(32), ("more",)).render() == text
    assert parse_checkpoint(text).extensions == ("more",)


@steady
@given(CHECKPOINTS)
def test_a_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    """parse after render is the identity."""
    assert parse_checkpoint(checkpoint.render()) == checkpoint


@steady
@given(CHECKPOINTS, st.lists(SIGNATURES, min_size=1, max_size=4).map(tuple))
def test_a_signed_note_reads_back(checkpoint: Checkpoint, signatures: tuple[NoteSignature, ...]) -> None:
    """parse after render is the identity, as text and as bytes."""
    signed = SignedNote(checkpoint.render(), signatures)
    assert parse_note(signed.render()) == signed
    assert parse_note(signed.render().encode()) == signed


@steady
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    """Nothing but StatementError comes out, and what is read renders to the same again."""
    try:
        signed = parse_note(data)
    except StatementError:
        return
    assert signed.render() == (data if isinstance(data, str) else data.decode())


@steady
@given(st.text(alphabet="a0129\n\t =+/é", max_size=60).map(lambda rest: f"log\n1\n{rest}"))
def test_any_checkpoint_is_read_or_refused(text: str) -> None:
    """What is read as a checkpoint renders to exactly the text that was signed: there is one way to write each."""
    try:
        checkpoint = parse_checkpoint(text)
    except StatementError:
        return
    assert checkpoint.render() == text


@steady
@given(data=st.data())
def test_changing_any_byte_of_a_note_changes_what_it_says(data: st.DataObject) -> None:
    """No byte of a note is decoration: another one is refused, or reads as another note."""
    raw = bytearray(PETER_NOTE.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with suppress(StatementError):
        assert parse_note(bytes(raw)) != parse_note(PETER_NOTE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "an origin, a size and a root"),
        (f"log\n1\n{ROOT}", "each ended by a line break"),
        ("log\n1\n", "an origin, a size and a root"),
        (f"\n1\n{ROOT}\n", "not empty"),
        (f"log\n01\n{ROOT}\n", "leading zeros"),
        (f"log\n+1\n{ROOT}\n", "decimal"),
        (f"log\n-1\n{ROOT}\n", "decimal"),
        (f"log\n1 \n{ROOT}\n", "decimal"),
        (f"log\n\u0661\n{ROOT}\n", "decimal"),
        (f"log\n\u00b2\n{ROOT}\n", "decimal"),
        (f"log\n{'9' * 19}\n{ROOT}\n", "out of range"),
        (f"log\n{'9' * 5000}\n{ROOT}\n", "decimal"),
        ("log\n1\nAAAA\n", "32 bytes"),
        (f"log\n1\n{ROOT[:-2]}B=\n", "stray bits"),
        (f"log\n1\n{ROOT[:-1]}\n", "not base64"),
        (f"log\n1\n {ROOT}\n", "not base64"),
        (f"log\n1\n{ROOT}\n\nafter\n", "not empty"),
        (f"log\r\n1\n{ROOT}\n", "control"),
        (f"log\x00\n1\n{ROOT}\n", "control"),
        (f"log\ud800\n1\n{ROOT}\n", "UTF-8"),
        ("a" * (note.MAX_BYTES + 1), "larger"),
    ],
)
def test_a_checkpoint_has_one_form(text: str, why: str) -> None:
    """Each departure from C2SP tlog-checkpoint is refused, with the reason."""
    with pytest.raises(StatementError, match=why):
        parse_checkpoint(text)


GOOD = base64.b64encode(b"keyid" + bytes(63)).decode()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("text\n", "an empty line"),
        ("text\n\n", "an empty line"),
        (f"text\n\n— name {GOOD}", "an empty line"),
        (f"text\n\n- name {GOOD}\n", "a dash"),
        (f"text\n\n—name {GOOD}\n", "a dash"),
        (f"text\n\n— {GOOD}\n", "a dash"),
        (f"text\n\n—  {GOOD}\n", "key name"),
        (f"text\n\n— na+me {GOOD}\n", "key name"),
        (f"text\n\n— na\u00a0me {GOOD}\n", "key name"),
        ("text\n\n— name AAAA\n", "four bytes"),
        ("text\n\n— name AAAAAA==\n", "and a signature"),
        ("text\n\n— name ?\n", "not base64"),
        (f"text\n\n— name {GOOD} \n", "not base64"),
        ("text\n\n" + f"— name {GOOD}\n" * 17, "between 1 and 16"),
        (f"te\txt\n\n— name {GOOD}\n", "control"),
        (b"\xff\n\n", "UTF-8"),
        (b"a" * (note.MAX_BYTES + 1), "larger"),
    ],
)
def test_a_signed_note_has_one_form(raw: str | bytes, why: str) -> None:
    """Each departure from C2SP signed-note is refused, with the reason."""
    with pytest.raises(StatementError, match=why):
        parse_note(raw)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Checkpoint("two\nlines", 1, bytes(32)),
        lambda: Checkpoint("", 1, bytes(32)),
        lambda: Checkpoint("log", -1, bytes(32)),
        lambda: Checkpoint("log", 2**63, bytes(32)),
        lambda: Checkpoint("log", 1, b""),
        lambda: Checkpoint("log", 1, bytes(32), ("",)),
        lambda: SignedNote("no line break", (NoteSignature("name", b"1234", b"s"),)),
        lambda: SignedNote("text\n", ()),
        lambda: NoteSignature("", b"1234", b"s"),
        lambda: NoteSignature("name", b"123", b"s"),
    ],
)
def test_what_cannot_be_written_cannot_be_made(wrong: object) -> None:
    """A value that would not read back is refused when it is made, not when it is too late."""
    with pytest.raises(StatementError):
        wrong()  # type: ignore[operator]
