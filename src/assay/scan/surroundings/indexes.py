"""Where packages come from: hosts that serve them ordinarily, and what others in a requirements file mean."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from assay.core.finding import Confidence, Severity
from assay.formats.repository.requirements import Line

#: Package indexes and file hosts that the projects of this field publish on.
KNOWN_HOSTS: Final = frozenset(
    (
        "pypi.org", "pypi.python.org", "files.pythonhosted.org", "test.pypi.org", "download.pytorch.org",
        "download-r2.pytorch.org", "pypi.nvidia.com", "pypi.ngc.nvidia.com", "developer.download.nvidia.com",
        "data.pyg.org", "data.dgl.ai", "wheels.vllm.ai", "flashinfer.ai", "storage.googleapis.com",
        "download.openmmlab.com", "github.com", "raw.githubusercontent.com", "objects.githubusercontent.com",
        "gitlab.com", "huggingface.co", "conda.anaconda.org", "repo.anaconda.com", "pypi.tuna.tsinghua.edu.cn",
        "mirrors.aliyun.com", "pypi.mirrors.ustc.edu.cn", "mirror.baidu.com", "pypi.doubanio.com", "pypi.douban.com",
        "mirrors.cloud.tencent.com", "mirrors.ustc.edu.cn", "mirrors.tuna.tsinghua.edu.cn", "mirrors.bfsu.edu.cn",
        "repo.huaweicloud.com", "www.piwheels.org", "piwheels.org", "paddle-wheel.bj.bcebos.com",
        "www.paddlepaddle.org.cn", "pytorch-extension.intel.com", "wheels.myhloli.com", "abetlen.github.io",
        "jllllll.github.io", "unsloth.ai", "pip.repos.neuron.amazonaws.com", "repo.radeon.com",
        "rocm.nightlies.amd.com", "download.qualcomm.com", "flash-attn.com", "xla.libtpu.com", "us-python.pkg.dev",
        "dl.fbaipublicfiles.com", "s3.amazonaws.com", "bitbucket.org", "codeberg.org", "gitee.com", "dev.azure.com",
    )
)  # fmt: skip
_KNOWN_ENDINGS: Final = (".githubusercontent.com", ".github.io", ".hf.space", ".pytorch.org", ".nvidia.com", ".pkg.dev")
_DIRECT: Final = re.compile(r"(?:[\w.\-\[\], ]*@\s*)?((?:git|hg|svn|bzr)\+\S+|(?:https?|ftp)://\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against one line."""

    message: str
    line: int
    severity: Severity
    confidence: Confidence


def host_of(address: str) -> str:
    """The host of an address, in lower case; empty when it has none."""
    try:
        return (
            urlsplit(address.partition("+")[2] if "+" in address.partition("://")[0] else address).hostname or ""
        ).lower()
    except ValueError:
        return ""


def is_known(address: str) -> bool:
    """Whether packages ordinarily come from there, over an encrypted connection."""
    host = host_of(address)
    known = host in KNOWN_HOSTS or host.endswith(_KNOWN_ENDINGS)
    return known and not address.lower().partition("://")[0].endswith("http")


def doubts_about_index(lines: list[Line]) -> Iterator[Doubt]:
    """Options that make packages come from somewhere else than they ordinarily do."""
    for line in lines:
        if line.option in ("--index-url", "--pypi-url", "--extra-index-url", "--find-links"):
            yield from _about_index(line)
        elif line.option == "--trusted-host" and line.value.partition(":")[0].lower() not in KNOWN_HOSTS:
            message = f"it turns off the check of certificates for {shown(line.value)}"
            yield Doubt(message, line.number, Severity.MEDIUM, Confidence.HIGH)
        elif line.option in ("--requirement", "--constraint") and "://" in line.value and not is_known(line.value):
            message = f"it takes more requirements from {shown(line.value)}, which anybody may change"
            bad = Severity.MEDIUM if _is_bare(line.value) else Severity.LOW
            yield Doubt(message, line.number, bad, Confidence.MEDIUM)


def direct_references(lines: list[Line]) -> Iterator[Doubt]:
    """Requirements that are addresses."""
    for line in lines:
        if line.option not in ("", "--editable"):
            continue
        found = _DIRECT.match(line.value)
        if not found:
            continue
        address = found[1]
        if is_known(address):
            yield Doubt(f"a package comes straight from {shown(address)}", line.number, Severity.LOW, Confidence.MEDIUM)
        else:
            bad = Severity.HIGH if _is_bare(address) else Severity.MEDIUM
            message = (
                f"a package comes straight from {shown(address)}, which is no place that packages ordinarily come from"
            )
            yield Doubt(message, line.number, bad, Confidence.MEDIUM)


def shown(address: str) -> str:
    """An address without what may be secret in it."""
    return re.sub(r"//[^/@\s]*@", "//…@", address).partition("?")[0][:120]


def _about_index(line: Line) -> Iterator[Doubt]:
    address = line.value.strip("\"'")
    if not address or is_known(address) or "://" not in address or address.lower().startswith("file:"):
        return
    what = "also searched for packages" if line.option != "--index-url" else "where all packages come from"
    if _is_bare(address):
        reason = (
            "anybody between you and it decides what is installed"
            if _is_plain(address)
            else "it has no name, only a number"
        )
        yield Doubt(f"{shown(address)} is {what}, and {reason}", line.number, Severity.HIGH, Confidence.HIGH)
    else:
        message = f"{shown(address)} is {what}; it is no index that is known to us"
        yield Doubt(message, line.number, Severity.MEDIUM, Confidence.MEDIUM)


def _is_plain(address: str) -> bool:
    return address.lower().partition("://")[0].rpartition("+")[2] in ("http", "ftp", "git")


def _is_bare(address: str) -> bool:
    """Whether the address is unencrypted, or a bare number."""
    if _is_plain(address):
        return True
    try:
        ipaddress.ip_address(host_of(address))
    except ValueError:
        return False
    return True
