"""The main road: what changed → which analyzers → jobs → merged problems → store."""
