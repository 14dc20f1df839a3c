"""Tell what an interpreter is and what is installed for it; run as ``python -I inspector.py``.

Writes one line: ``assay:`` and a JSON object.
Runs in the interpreter that it tells of, which need not be the one that runs assay: standard library of Python 3.8 and
newer only, nothing of the package.
"""

import hashlib
import json
import os
import platform
import sys
from importlib import metadata

#: No RECORD is larger; the largest known are near 2 MiB.
MAX_RECORD = 32 * 1024 * 1024


def main() -> None:
    """Write the description to standard output."""
    listed = []
    for distribution in metadata.distributions():
        listed.append(
            {
                "name": distribution.metadata["Name"] or "",
                "version": distribution.metadata["Version"] or "",
                "record": _record_digest(distribution),
            }
        )
    version = sys.implementation.version
    full = f"{version.major}.{version.minor}.{version.micro}"
    if version.releaselevel != "final":
        full += version.releaselevel[0] + str(version.serial)
    answer = json.dumps(
        {
            "executable": os.path.realpath(sys.executable),
            "distributions": listed,
            "markers": {
                "implementation_name": sys.implementation.name,
                "implementation_version": full,
                "os_name": os.name,
                "platform_machine": platform.machine(),
                "platform_python_implementation": platform.python_implementation(),
                "platform_release": platform.release(),
                "platform_system": platform.system(),
                "platform_version": platform.version(),
                "python_full_version": platform.python_version(),
                "python_version": ".".join(platform.python_version_tuple()[:2]),
                "sys_platform": sys.platform,
            },
        }
    )
    print("\nassay:" + answer, flush=True)  # noqa: T201 - this is how it answers


def _record_digest(distribution: metadata.Distribution) -> str:
    """SHA-256 of the RECORD file's bytes, as ``sha256sum`` prints it; empty without one."""
    # importlib.metadata gives text only, with its line ends changed; the folder is where every finder keeps it.
    folder = getattr(distribution, "_path", None)
    if folder is None:
        return ""
    try:
        with folder.joinpath("RECORD").open("rb") as stream:
            record = stream.read(MAX_RECORD + 1)
    except OSError:
        return ""
    return hashlib.sha256(record).hexdigest() if len(record) <= MAX_RECORD else ""


if __name__ == "__main__":
    main()
