"""Dependency audits: what manifests and lock files declare, what advisories say of it, and where.

The tools are pip-audit and npm. They never see the workspace: what they are to look at is read here
as data, and written anew into a folder of ours, where nothing of the workspace can run or
configure them.
"""

from __future__ import annotations

NAME = "dependency_audit"
TOOLS = ("pip-audit", "npm-audit")
