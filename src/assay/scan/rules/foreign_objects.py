"""The file holds objects that Java or .NET make again when they read it, with whatever their classes do then.

## Why it matters
Serialised objects name their classes, and reading them runs code of those classes. With libraries that are on most
class paths, a chain of such objects runs any command; Oracle and Microsoft both advise against reading them. No library
of Python reads them, so a model that comes with them is for a service in another language, or for an attack
on one. Objects of nothing but collections and Weka's models are told as a note.

## Example
`model.ser`, whose first object is an `org.apache.commons.collections.functors.InvokerTransformer`.

## Remedy
Ask for the model in a format without classes (PMML, ONNX). Never let a service read such a file from outside.

## References
CWE-502. Oracle, *Serialization filtering*. Microsoft, *Deserialization risks in use of BinaryFormatter*. MITRE ATLAS
AML.T0011.000.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.program.objects import Objects
from assay.scan.rule import Hit, Rule

#: Classes that published chains consist of.
_CHAINS: Final = re.compile(
    r".*(?:commons\.collections4?\.|InvokerTransformer|ChainedTransformer|TemplatesImpl|BadAttributeValueExp|JdbcRowSet"
    r"|beanutils\.BeanComparator|c3p0|codehaus\.groovy\.runtime|java\.rmi\.|sun\.rmi|UnicastRef|springframework\.|javax\.naming"
    r"|java\.lang\.(?:Runtime|ProcessBuilder|reflect\.|invoke\.)|javax\.script|bsh\.|clojure\.|org\.mozilla\.javascript"
    r"|com\.sun\.syndication|hibernate\.|URLDNS|java\.net\.URL|ObjectDataProvider|System\.Diagnostics|Process|"
    r"WindowsIdentity|DelegateSerializationHolder|TypeConfuseDelegate|ResourceDictionary|XamlReader|ActivitySurrogate"
    r"|System\.Data\.DataSet|System\.Configuration\.Install|PSObject|TextFormattingRunProperties).*"
)
#: Collections, numbers and models: their reading does nothing but fill them.
_PLAIN: Final = re.compile(
    r"weka\..*|java\.util\.(?:ArrayList|Vector|HashMap|LinkedHashMap|HashSet|TreeMap|Hashtable|LinkedList|Random|Date|BitSet"
    r"|Properties|Collections\$\w+|Arrays\$ArrayList|Locale|EnumMap)"
    r"|java\.lang\.(?:Integer|Long|Double|Float|Number|String|Boolean|Enum|Byte|Short|Character|Object)|[BCDFIJSZ]|"
    r"java\.math\.Big\w+|java\.io\.Serializable"
)


def check(view: Objects) -> Iterator[Hit]:
    """Once: the chain that it is of, or what it holds."""
    chain = next((name for name in view.classes if _CHAINS.fullmatch(name)), None)
    if chain is not None:
        message = f"it holds objects of {view.runtime}, among them {chain[:120]}, which runs code when it is read"
        yield Hit(message, severity=Severity.HIGH)
        return
    strange = next((name for name in view.classes if not _PLAIN.fullmatch(name)), None)
    if strange is None and view.classes:
        yield Hit(f"it holds objects of {view.runtime}, of plain classes only", severity=Severity.LOW)
    else:
        of = f", among them {strange[:120]}" if strange else ""
        yield Hit(f"it holds objects of {view.runtime}{of}: reading them runs code of their classes")


RULE = Rule(
    id="foreign-objects",
    reads=Objects.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
