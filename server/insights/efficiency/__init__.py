"""What Understudy saves and costs, measured from what is stored. Pure.

No figure is told that nothing was measured for, none is about a person, and what a person saves,
what is waited less for and what machines do less are never added up.
"""
