"""Members of fixed sets, counters and bound methods of libraries that no list has: honest, and as good as unknown."""

from __future__ import annotations

from typing import Any

import pytest

from assay.core.finding import Severity


def worst(hits: Any) -> Severity:
    """The worst of what is said."""
    return max((severity for found in hits.values() for severity, _ in found), default=Severity.INFO)


@pytest.mark.parametrize(
    ("target", "argument", "least", "most"),
    [
        ("acme.utils.CensoringType", "right", Severity.LOW, Severity.LOW),
        ("acme.stats.Frequencies", {"a": 1, "b": 2}, Severity.LOW, Severity.LOW),
        ("nltk.probability.FreqDist", {"a": 1}, Severity.INFO, Severity.INFO),
        ("formulaic.formula.OrderingMethod", "degree", Severity.INFO, Severity.INFO),
        ("acme.tools.ShellCommand", "reboot", Severity.MEDIUM, Severity.HIGH),
        ("acme.tools.Tasks", {"run": "id"}, Severity.MEDIUM, Severity.HIGH),
        ("acme.tools.Task", "rm -rf /", Severity.MEDIUM, Severity.HIGH),
    ],
)
def test_members_and_counters(
    asm: Any, judged: Any, target: str, argument: object, least: Severity, most: Severity
) -> None:
    """Enum looks a member up by its value, and Counter's subclasses are made of their dictionary."""
    assert least <= worst(judged(asm.whole(asm.call(target, argument)))) <= most


@pytest.mark.parametrize(
    ("dotted", "args"),
    [
        ("os.stat_result", ((1,) * 10,)),
        ("platform.uname_result", ("Linux", "host", "6", "#1", "x86_64")),
        ("subprocess.CalledProcessError", (1, "ls")),
        ("torch.return_types.max", ((1, 2),)),
        ("torch.amp.grad_scaler._refresh_per_optimizer_state", ()),
    ],
)
def test_values_of_modules_that_can_do_harm(asm: Any, judged: Any, dotted: str, args: tuple[object, ...]) -> None:
    """Exceptions and named tuples keep what they are given, whatever else their module does."""
    assert worst(judged(asm.whole(asm.call(dotted, *args)))) <= Severity.INFO


@pytest.mark.parametrize(("name", "most"), [(b"_add_penalty", Severity.LOW), (b"__globals__", Severity.CRITICAL)])
@pytest.mark.parametrize(
    "made", [b"cacme.fitters\nFitter\n)\x81", b"((X\x06\x00\x00\x00modulecacme.nn\nLazy\nNNtQ)\x81"]
)
def test_bound_methods_of_own_instances(judged: Any, made: bytes, name: bytes, most: Severity) -> None:
    """A private method is that of the instance's class; what has two underscores may lead anywhere."""
    made = made.replace(b"((X", b"(X")
    found = worst(
        judged(b"\x80\x02cbuiltins\ngetattr\n" + made + b"X" + bytes([len(name), 0, 0, 0]) + name + b"\x86R.")
    )
    assert (found > Severity.LOW) == (most > Severity.LOW)
