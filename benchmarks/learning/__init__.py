"""What is learned from what repeats, replayed on data that others made.

``LEARNING_DATA`` names a folder of data that may be measured with but is not shipped. In it, by
what is found there: git repositories (folders with a HEAD and objects); folders of JSON files, one
of a person, with records of ``cmd``, ``timestamp_str`` and ``wd``; folders of text files, one of a
person, with a command in each line.

Prequential: at each task, what is offered was found in the tasks so far; then its later uses are
counted, each use once, for the automation that did it first. Most of the people have fewer tasks
than the 2,000 that a score speaks of, and what is offered at the end of a history has no time to be
used: each share is also told of those alone after which so many tasks came. The weights come from
elsewhere; how many tasks a short log counts as and how sure the last offer has to be was decided by
what is named in ``sources._SEEN``, and by nothing else here.

Commits are no commands. Of each that is no merge and has eight paths at most, the tasks of its
author are: ``new``, ``edit``, ``remove`` or ``rename`` with each path, in the order of the paths,
and ``commit`` last. So the order within a commit is git's and not that of the work.
"""
