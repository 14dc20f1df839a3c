"""For programs: what a training or serving script calls before it uses what it was given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from assay.hashing.verify import verify_data_integrity
from assay.pipeline.project import find_root, open_project
from assay.pipeline.prove import load, read_policy

__all__ = ["load_verified", "verify_data_integrity"]


def load_verified(
    path: str | os.PathLike[str],
    *,
    policy: str | os.PathLike[str] | None = None,
    project: str | os.PathLike[str] | None = None,
    trust: str | os.PathLike[str] | None = None,
    since: Sequence[str | os.PathLike[str]] = (),
) -> bytes | dict[str, bytes]:
    """Verify an artifact and hand back the very bytes that were verified: nothing can change in between.

    :param path: a file, or a folder
    :param policy: the policy that has to allow it; by default the one of `assay verify`
    :param project: the folder that holds ``assay.toml``; by default the nearest one at or above ``path``
    :param trust: another trust file than the project's own
    :param since: files with checkpoints from earlier that the ledger has to continue
    :returns: the bytes of a file; for a folder the bytes of each file by its path inside the folder
    :raises DeniedError: the policy does not allow it; ``error.decision`` has every reason
    :raises Error: it could not be told: no ledger, no policy, an unreadable file
    """
    place = Path(path)
    root = Path(project) if project is not None else find_root(place.absolute().parent)
    own = Path(trust) if trust is not None else None
    opened = open_project(root, trust=own, since=[Path(item) for item in since])
    return load(opened, place, read_policy(Path(policy) if policy is not None else None))
