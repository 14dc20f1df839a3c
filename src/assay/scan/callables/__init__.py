"""What a pickle may name and call: callables known to be inert, as data, and what the well-known others would do.

The verdict comes from the allow-list alone (:mod:`assay.scan.callables.allowed`, one text file for each package beside
it); the list of harms (:mod:`assay.scan.callables.harm`) only gives a name that is not allowed its place in the report.
``docs/callables.md`` says how both were made.
"""

from assay.scan.callables.allowed import Use, look_up
from assay.scan.callables.harm import Harm, harm_of
from assay.scan.callables.inert import inert_names

__all__ = ["Harm", "Use", "harm_of", "inert_names", "look_up"]
