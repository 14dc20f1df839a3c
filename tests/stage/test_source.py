"""Which commit held the code; a repository that is hostile runs nothing and hides nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.digest import Digest
from assay.core.errors import StageError
from assay.stage.source import GitSource, describe_source, read_at_commit, strip_credentials

Git = Callable[..., str]


def _git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    return subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a project in a folder of it, and nothing of this machine's Git configuration."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    root = tmp_path / "repository"
    (root / "project").mkdir(parents=True)
    _git(root, "init", "-q")
    (root / "project" / "train.py").write_text("train\n")
    (root / "beside.txt").write_text("beside\n")
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "first")
    return root


def _described(project: Path) -> GitSource:
    found = describe_source(project)
    assert found is not None
    return found


def test_clean_checkout_is_described(repository: Path) -> None:
    """Commit, tree of the project's folder, cleanliness, no address."""
    found = _described(repository / "project")
    assert found.commit == Digest("gitCommit", _git(repository, "rev-parse", "HEAD"))
    assert found.tree == _git(repository, "rev-parse", "HEAD:project")
    assert (found.dirty, found.url) == (False, None)
    assert (found.source.commit, found.source.dirty) == (found.commit, False)


def test_sha256_repository_is_described(tmp_path: Path) -> None:
    """A commit of 64 digits."""
    _git(tmp_path, "init", "-q", "--object-format=sha256")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    found = _described(tmp_path)
    assert len(found.commit.value) == 64


@pytest.mark.parametrize(
    ("path", "dirty"),
    [("project/train.py", True), ("project/new.py", True), ("beside.txt", False), ("elsewhere/new.txt", False)],
)
def test_only_the_projects_files_make_it_dirty(repository: Path, path: str, dirty: bool) -> None:
    """A changed or untracked file of the project does, one beside it does not."""
    (repository / path).parent.mkdir(exist_ok=True)
    (repository / path).write_text("changed\n")
    assert _described(repository / "project").dirty is dirty


def test_ignored_files_do_not_make_it_dirty(repository: Path) -> None:
    """Outputs and data are usually ignored; they have digests of their own."""
    (repository / "project" / ".gitignore").write_text("out/\n")
    _git(repository, "add", ".")
    _git(repository, "commit", "-q", "-m", "ignore")
    (repository / "project" / "out").mkdir()
    (repository / "project" / "out" / "m.bin").write_text("")
    assert _described(repository / "project").dirty is False


def test_without_repository_or_commit_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository, no first commit, no Git at all: not an error."""
    assert describe_source(tmp_path) is None
    _git(tmp_path, "init", "-q")
    assert describe_source(tmp_path) is None
    monkeypatch.setenv("PATH", "/nonexistent")
    assert describe_source(tmp_path) is None


def test_inherited_variables_do_not_lead_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``GIT_DIR`` in the environment must not make another repository's commit ours."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert _described(repository / "project").dirty is False


@pytest.mark.parametrize(
    "setting",
    [
        ("core.fsmonitor", "{trap}"),
        ("core.hooksPath", "{folder}"),
        ("filter.evil.clean", "{trap}"),
        ("filter.evil.process", "{trap}"),
        ("filter.evil.smudge", "{trap}"),
        ("core.sshCommand", "{trap}"),
        ("core.pager", "{trap}"),
        ("diff.external", "{trap}"),
    ],
    ids=lambda setting: setting[0],
)
def test_configuration_of_a_repository_runs_nothing(repository: Path, tmp_path: Path, setting: tuple[str, str]) -> None:
    """CVE-2022-24765 and its kind: a repository's configuration names programs; looking at it must not run them."""
    folder = tmp_path / "trap"
    folder.mkdir()
    trap = folder / "post-index-change"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (repository / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    _git(repository, "config", setting[0], setting[1].format(trap=trap, folder=folder))
    (repository / "project" / "train.py").write_text("other\n")
    found = _described(repository / "project")
    assert found.dirty is True
    assert read_at_commit(repository / "project", found.commit, "train.py") == b"train\n"
    assert not (tmp_path / "sprung").exists()


def test_filter_that_is_required_does_not_hide_or_fail(repository: Path) -> None:
    """A filter of the repository's own that always says the committed text would hide a change."""
    _git(repository, "config", "filter.evil.clean", "echo train")
    _git(repository, "config", "filter.evil.required", "true")
    (repository / ".git" / "info" / "attributes").write_text("* filter=evil\n")
    (repository / "project" / "train.py").write_text("other\n")
    assert _described(repository / "project").dirty is True


def test_filter_of_the_user_is_heeded(repository: Path) -> None:
    """Git LFS works by a filter that the *user* configured: that one may run, and tells clean from dirty."""
    _git(repository, "config", "--global", "filter.mine.clean", "echo pointer")
    (repository / ".git" / "info" / "attributes").write_text("large.bin filter=mine\n")
    large = repository / "project" / "large.bin"
    large.write_text("large file\n")
    _git(repository, "add", "project/large.bin")
    _git(repository, "commit", "-q", "-m", "large")
    os.utime(large, (1, 1))
    assert _git(repository, "show", "HEAD:project/large.bin") == "pointer"
    assert _described(repository / "project").dirty is False


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_file_that_git_was_told_not_to_look_at_is_dirty(repository: Path, flag: str) -> None:
    """Both flags make ``git status`` say clean whatever the file holds."""
    _git(repository, "update-index", flag, "project/train.py")
    (repository / "project" / "train.py").write_text("other\n")
    assert _git(repository, "status", "--porcelain") == ""
    assert _described(repository / "project").dirty is True


def test_settings_that_hide_changes_are_overridden(repository: Path) -> None:
    """``core.fileMode`` and ``status.showUntrackedFiles`` in the repository do not make a change pass."""
    _git(repository, "config", "status.showUntrackedFiles", "no")
    _git(repository, "config", "core.fileMode", "false")
    (repository / "project" / "train.py").chmod(0o755)
    assert _described(repository / "project").dirty is True
    (repository / "project" / "train.py").chmod(0o644)
    (repository / "project" / "new.py").write_text("")
    assert _described(repository / "project").dirty is True


def test_replaced_objects_do_not_count(repository: Path) -> None:
    """``git replace`` shows other content under a commit's name; reproduction must see the commit's own."""
    commit = _described(repository / "project").commit
    old = _git(repository, "rev-parse", "HEAD:project/train.py")
    (repository / "x").write_text("evil\n")
    new = _git(repository, "hash-object", "-w", "x")
    _git(repository, "replace", old, new)
    assert _git(repository, "cat-file", "blob", old) == "evil"
    assert read_at_commit(repository / "project", commit, "train.py") == b"train\n"


def test_worktree_elsewhere_is_refused(repository: Path, tmp_path: Path) -> None:
    """``core.worktree`` pointing away would have another folder's cleanliness told as ours."""
    (tmp_path / "decoy").mkdir()
    _git(repository, "config", "core.worktree", str(tmp_path / "decoy"))
    with pytest.raises(StageError, match=r"does not hold the project|could not tell"):
        found = describe_source(repository / "project")
        assert found is None or found.dirty


def test_changes_in_a_submodule_count(repository: Path, tmp_path: Path) -> None:
    """Code in a submodule is the project's code; its own configuration runs nothing either."""
    other = tmp_path / "other"
    other.mkdir()
    _git(other, "init", "-q")
    (other / "lib.py").write_text("lib\n")
    _git(other, "add", ".")
    _git(other, "commit", "-q", "-m", "first")
    _git(repository, "submodule", "add", "-q", str(other), "project/sub")
    _git(repository, "commit", "-q", "-m", "sub")
    assert _described(repository / "project").dirty is False
    sub = repository / "project" / "sub"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    _git(sub, "config", "core.fsmonitor", str(trap))
    (sub / "lib.py").write_text("other\n")
    assert _described(repository / "project").dirty is True
    assert not (tmp_path / "sprung").exists()


def test_repository_of_somebody_else_is_told(repository: Path) -> None:
    """Git refuses it ("dubious ownership"): an error with the remedy, not "no repository"."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    for path in (repository, repository / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(StageError, match="another user") as caught:
        describe_source(repository / "project")
    assert "safe.directory" in caught.value.remedy


def test_file_is_read_as_it_was_committed(repository: Path) -> None:
    """By commit and path from the project's folder; nothing for what is not a file there."""
    commit = _described(repository / "project").commit
    (repository / "project" / "train.py").write_text("later\n")
    (repository / "project" / "link").symlink_to("train.py")
    (repository / "project" / "--odd [x]*").write_bytes(b"\0odd")
    _git(repository, "add", ".")
    _git(repository, "commit", "-q", "-m", "second")
    later = _described(repository / "project").commit
    project = repository / "project"
    assert read_at_commit(project, commit, "train.py") == b"train\n"
    assert read_at_commit(project, later, "train.py") == b"later\n"
    assert read_at_commit(project, later, "--odd [x]*") == b"\0odd"
    for path in ("link", "none", "train.py/x"):
        assert read_at_commit(project, later, path) is None
    assert read_at_commit(repository, later, "project") is None
    assert read_at_commit(project, Digest("gitCommit", "0" * 40), "train.py") is None


@pytest.mark.parametrize("path", ["../beside.txt", "/etc/passwd", "", "."])
def test_path_outside_the_project_is_refused(repository: Path, path: str) -> None:
    """Path traversal by a recorded name."""
    with pytest.raises(StageError):
        read_at_commit(repository / "project", _described(repository / "project").commit, path)
    with pytest.raises(StageError):
        read_at_commit(repository / "project", Digest("sha256", "0" * 64), "train.py")


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://user:token@example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://example.org:8443/a?private_token=x#y", "https://example.org:8443/a"),
        ("ssh://git@example.org:22/a.git", "ssh://example.org:22/a.git"),
        ("git@example.org:a/b.git", "example.org:a/b.git"),
        ("example.org:a/b.git", "example.org:a/b.git"),
        ("/srv/repositories/a.git", None),
        ("file:///home/somebody/a", None),
        ("https://exa mple.org:x/a", None),
        ("ext::sh -c evil", None),
    ],
)
def test_address_is_told_without_credentials(repository: Path, url: str, public: str | None) -> None:
    """A token in the remote's address is never recorded; a path of this machine neither."""
    _git(repository, "remote", "add", "origin", url)
    assert _described(repository / "project").url == public


@given(st.text("ab@/:?#.[]%", max_size=30), st.sampled_from(["https://", "ssh://", ""]))
def test_no_address_keeps_what_stands_before_the_host(rest: str, scheme: str) -> None:
    """Law: whatever the form, a secret before the host's ``@`` is not in what is told."""
    assert "s3cret" not in (strip_credentials(f"{scheme}u:s3cret@example.org/{rest}") or "")
