"""What a scan yields, and what of it is new."""
