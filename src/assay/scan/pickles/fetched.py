"""Names that a pickle fetches: importing a module runs it, and what is kept in an object may be called later."""

from __future__ import annotations

from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import Global
from assay.scan.callables.allowed import canonical, is_known, look_up
from assay.scan.callables.harm import harm_of
from assay.scan.pickles import wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import is_class_like, is_python, reached


def judge(bench: Bench, name: Global) -> None:
    """Look at one name that is fetched, whatever is done with it."""
    if name.extension is not None:
        bench.flag(
            "pickle-extension-code",
            str(name.extension),
            f"fetches extension code {name.extension}: the name it stands for is not in the pickle but in a registry of"
            " the loading process",
            name.offset,
        )
        return
    if name.computed is not None:
        if bench.ends_at(name.computed, name.offset):
            return  # it ends there: in joblib's files, where plain pickles meet the first array
        parts = ", ".join(wording.value(each) for each in name.computed)
        bench.flag(
            "pickle-indirect-name",
            f"computed {name.offset}",
            f"fetches a name that is put together while it is loaded, from {parts}",
            name.offset,
        )
        return
    dotted = name.dotted
    if dotted in bench.accounted or bench.allowed(dotted, name.offset) or look_up(name.module, name.name) is not None:
        return
    bench.accounted.add(dotted)
    shown = wording.text(dotted)
    if name.name == "__dict__" and any(each.module == "dill._dill" for each in bench.view.imports):
        # How dill writes down the globals of a function that lives in a module.
        bench.flag("pickle-unknown-name", dotted, f"names {shown}, the globals of a module", name.offset, Severity.LOW)
        return
    if through := reached(name.module, name.name):
        what, harm = through
        words = f"names {shown}, which reaches {what} and" if what != dotted else f"names {shown}, which"
        bench.flag("pickle-indirect-name", dotted, f"{words} {harm.does}", name.offset)
        return
    harm_found = harm_of(canonical(dotted), named=True)
    if harm_found is not None and (is_python(dotted) or not is_class_like(dotted)):
        bench.flag(
            "pickle-dangerous-name", dotted, f"names {shown}, which {harm_found.does}, without calling it", name.offset
        )
    elif is_class_like(dotted) and is_known(name.module):
        bench.flag(
            "pickle-unknown-name",
            dotted,
            f"names {shown}, which is on no list",
            name.offset,
            Severity.INFO,
            Confidence.LOW,
        )
    else:
        severity = Severity.INFO if is_known(name.module) else Severity.LOW
        bench.flag("pickle-unknown-name", dotted, f"names {shown}, which is on no list", name.offset, severity)
