"""Programs that run in the user's interpreter, from their files, and know nothing of this package.

Each writes JSON lines to the file or pipe that it is given, as the tests end: ``{"collected": n}``,
``{"test": id, "outcome": …, "seconds": …, "file": …, "line": …, "message": …, "text": …}`` (paths
as seen from the working folder, lines from 1), and last ``{"end": {"complete": …, "why": …}}``.
They run on Python 3.8 and later, and write nothing else.
"""
