"""How soon the dashboard's page is seen, and a change on it, in a real browser."""
