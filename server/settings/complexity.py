"""The settings of what is measured of functions and files."""

from __future__ import annotations

from typing import Annotated

from .group import About, Group


class Growth(Group):
    enabled: Annotated[
        bool,
        About(
            "Report Python files that are far above their own past, which git knows: in scans, and "
            "in the editor some time after a file is opened or saved."
        ),
    ] = True
    days: Annotated[int, About("How many days of the past count.", ge=1, le=3_650)] = 90
    factor: Annotated[
        float,
        About(
            "So many times the lines, or the complexity, of the median version are not reported.",
            ge=1,
            le=100,
        ),
    ] = 1.5


class Complexity(Group):
    enabled: Annotated[
        bool,
        About("Measure functions and files, and report those that are too complex or too large."),
    ] = True
    max: Annotated[
        int, About("The highest cyclomatic complexity that is not reported.", ge=1, le=1_000)
    ] = 10
    max_cognitive: Annotated[
        int,
        About("The highest cognitive complexity that is not reported. 0: none is.", ge=0, le=1_000),
    ] = 15
    max_file_lines: Annotated[
        int,
        About("The lines of a file up to which it is not reported. 0: none is.", ge=0, le=10**6),
    ] = 1_000
    min_maintainability: Annotated[
        int,
        About(
            "The lowest maintainability index of a file that is not reported; Radon calls 20 and "
            "more good, less than 10 bad. 0: none is, and it is not computed.",
            ge=0,
            le=100,
        ),
    ] = 0
    code_lens: Annotated[
        bool, About("Show the figures of each function above it, as code lenses.")
    ] = False
    growth: Growth = Growth()
