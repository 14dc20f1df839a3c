"""Programs are known by their headers, whatever they are called."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.program import bytecode, program, script
from assay.formats.program.image import Role
from assay.formats.program.program import Program
from assay.formats.program.signatures import SIGNATURES
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

Programs = dict[str, bytes]


def claims(data: bytes) -> list[str]:
    return [item.name for item in SIGNATURES if item.claims(Head(Memory(data), "m.bin")) is Claim.CERTAIN]


def read(data: bytes, name: str = "m.bin") -> Program:
    return program.read(Memory(data), Budget(), name)


ROLES = {
    "library": ("ELF", Role.LIBRARY), "executable": ("ELF", Role.EXECUTABLE),
    "static executable": ("ELF", Role.EXECUTABLE),
    "object": ("ELF", Role.OBJECT), "PE library": ("PE", Role.LIBRARY), "PE executable": ("PE", Role.EXECUTABLE),
    "Mach-O": ("Mach-O", Role.LIBRARY), "fat Mach-O": ("Mach-O", Role.LIBRARY),
    "WebAssembly": ("WebAssembly", Role.BYTECODE), "Java class": ("Java class", Role.BYTECODE),
}  # fmt: skip


@pytest.mark.parametrize("what", ROLES)
def test_form_and_role_are_read_from_the_headers(what: str, programs: Programs) -> None:
    """A position independent executable is told from a library by its interpreter."""
    image = read(programs[what]).image
    assert (image.form, image.role) == ROLES[what]
    assert len(claims(programs[what])) == 1


def test_recognising_never_fails_wherever_the_file_ends(programs: Programs) -> None:
    """A claim that raised would end the scan of the file."""
    for data in programs.values():
        for length in range(len(data)):
            claims(data[:length])


def test_a_llamafile_is_known_by_its_first_bytes(programs: Programs) -> None:
    """And by the weights that follow."""
    assert claims(programs["llamafile"]) == ["native-program"]
    assert read(programs["llamafile"]).carries_model
    assert not read(b"MZqFpD='\n" + bytes(99)).carries_model


@pytest.mark.parametrize("what", ["library", "PE library", "Mach-O"])
def test_what_follows_the_image_is_a_member(what: str, programs: Programs) -> None:
    """Unless it is zeros."""
    (member,) = read(programs[what] + b"\x80\x04N.").members()
    assert member.source.read(0, 99) == b"\x80\x04N."
    assert list(read(programs[what] + bytes(64)).members()) == []


@pytest.mark.parametrize(
    ("name", "openly"),
    [
        ("libz.so", True),
        ("libz.so.1.2.13", True),
        ("op.dll", False),
        ("model.bin", False),
        ("libz", False),
        (".so", True),
    ],
)
def test_a_name_says_that_it_is_a_program_or_does_not(name: str, openly: bool, programs: Programs) -> None:
    """Versions behind the ending are common; another system's ending is no excuse."""
    assert read(programs["library"], name).openly_named is openly


@pytest.mark.parametrize("data", [b"MZ" + bytes(200), b"\x7fELF\x07\x09" + bytes(99), b"MZ", b"\x7fELF"])
def test_two_letters_make_no_program(data: bytes) -> None:
    """No system would start these."""
    assert claims(data) == []
    with pytest.raises(NotThisFormat):
        read(data)


def test_headers_beyond_the_end_are_told(programs: Programs) -> None:
    """It is still a program."""
    view = read(programs["library"][:100])
    assert view.image.form == "ELF"
    assert view.problems


def test_compiled_python_shows_the_names_it_uses(programs: Programs) -> None:
    """Without being loaded."""
    view = bytecode.read(Memory(programs["Python"]), Budget(), "m.pyc")
    assert view.names == ("os", "system")
    assert view.cached_as == "m.py"
    broken = bytecode.read(Memory(programs["Python"][:-30]), Budget(), "m.pyc")
    assert broken.problems
    with pytest.raises(NotThisFormat):
        bytecode.read(Memory(b"ab\r\n" + bytes(12) + b"c and so on, a text"), Budget(), "m.txt")


@pytest.mark.parametrize(
    ("start", "interpreter"),
    [
        (b"#!/bin/sh\n", "sh"), (b"#! /usr/bin/env -S A=1 python3 -u\n", "python3"), (b"@echo off\r\n", "batch"),
        (b"\xef\xbb\xbf@ECHO OFF\n", "batch"), (b"#!/usr/bin/perl", "perl"),
    ],
)  # fmt: skip
def test_scripts_are_known_by_their_first_line(start: bytes, interpreter: str) -> None:
    """And what runs them is named."""
    view = script.read(Memory(start), Budget(), "model.bin")
    assert view.interpreter == interpreter
    assert not view.openly_named


@pytest.mark.parametrize("start", [b"#![feature(test)]\n", b"#!AMR", b"me@example.org", b"# title", b""])
def test_other_texts_are_no_scripts(start: bytes) -> None:
    """Rust's attributes, addresses and titles."""
    with pytest.raises(NotThisFormat):
        script.read(Memory(start), Budget(), "model.bin")


@given(st.sampled_from(["library", "PE library", "fat Mach-O", "llamafile", "Python"]), st.data())
def test_reading_ends_on_broken_programs(programs: Programs, what: str, draw: st.DataObject) -> None:
    """Whatever bytes were changed, and wherever it was cut."""
    data = bytearray(programs[what])
    for _ in range(3):
        offset = draw.draw(st.integers(0, len(data)))
        change = draw.draw(st.binary(max_size=4))
        data[offset : offset + len(change)] = change
    source = Memory(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    for signature in SIGNATURES:
        signature.claims(Head(source, "m"))
        with suppress(FormatError):
            list(signature.read(source, Budget(), "m").members())
