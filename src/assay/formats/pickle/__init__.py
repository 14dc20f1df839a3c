"""Pickles: a symbolic machine with the exact semantics of CPython's unpicklers that imports and calls nothing.

Where the C and the Python unpickler differ, the machine does what either of them would go on with.

- ``pickle.read(source, budget, name)`` is the reader of pickle files; its view is :class:`view.Pickle`.
- ``stream.run(source, start, budget, streams=1, on_build=...)`` runs pickles inside something else: it starts at
  ``start``, stops after ``streams`` of them, and the view's ``stops`` hold the offsets behind each STOP, its
  ``results`` what each of the first few gives. ``on_build(call, end)`` is asked after every BUILD, ``end`` being the
  offset behind the opcode; it answers the offset where the pickle goes on (joblib writes raw arrays there) or ``None``.

Inside, from the bottom: ``cells`` (numbers that stand for values), ``state`` (stack, memo, the bytes at hand),
``record`` (names and calls), ``arguments``, ``containers`` and ``machinery`` (the rare opcodes), ``machine`` (the
loop). These seven are compiled where that can be done, see :mod:`assay.formats.compiled`; ``stream`` runs them,
``frames`` knows what a cut frame hides, ``embedded`` looks into strings.
"""
