"""The only memory: the append-only Merkle ledger."""
