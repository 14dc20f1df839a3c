"""What R's functions do when stored code calls them. Arithmetic and data handling are everything not named here."""

from __future__ import annotations

from typing import Final

#: Functions that run commands or native code, or reach the network.
REACHING: Final[dict[str, str]] = {
    **dict.fromkeys("system system2 shell shell.exec pipe".split(), "runs commands"),
    **dict.fromkeys("dyn.load library.dynam .External .External2 .C .Fortran".split(), "runs native code"),
    **dict.fromkeys(
        "download.file url socketConnection serverSocket make.socket curl_download curl_fetch_memory GET POST "
        "install.packages".split(),
        "uses the network",
    ),
}  # fmt: skip

#: Functions that make code out of data, or files, which honest models have now and then.
EVALUATING: Final[dict[str, str]] = {
    **dict.fromkeys("source sys.source".split(), "runs a file"),
    **dict.fromkeys("unlink file.remove file.rename Sys.setenv Sys.chmod".split(), "changes files or the environment"),
    **dict.fromkeys("readRDS load unserialize attach".split(), "loads more objects"),
    **dict.fromkeys("writeLines writeBin writeChar cat sink save saveRDS dump file.copy file.create".split(), "writes files"),
    **dict.fromkeys("readLines readBin readChar scan file gzfile".split(), "reads files"),
}  # fmt: skip

#: Functions that find others by name, so that a text names what is called.
INDIRECT: Final = frozenset({"do.call", "match.fun", "get", "get0", "mget", "getFunction", "eval", "evalq", "parse", "str2lang",
                             "str2expression", "Reduce", "sapply", "lapply", "Map"})  # fmt: skip

#: Names that an R session calls by itself when they are found in the workspace.
HOOKS: Final = frozenset(
    {".First", ".First.sys", ".Last", ".onLoad", ".onAttach", ".onUnload", ".onDetach", ".Last.lib", ".Rprofile"}
)
#: Functions that people type after loading a model; a binding of that name takes their place.
MASKED: Final = frozenset(
    "print predict summary plot library require q quit ls c list data.frame load readRDS source eval format cat "
    "str head tail names length rm setwd options".split()
)
