"""What runs, runs through here: ``execute`` is the one door."""
