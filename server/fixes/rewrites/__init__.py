"""Rewritings of what Bandit finds and Ruff does not fix; pure, from text to edits.

A rule is offered in every version that is listed for it, the best first. Whether a version helps in
the case at hand (the finding goes, nothing new comes) is for the caller to verify.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ...model import Finding, Fix, Range
from . import crypto, files, loading, shell, statements, tls, web, xml
from .source import Source, UnsureError, parse

# Makes one change at the place of a finding, or raises UnsureError.
Rewrite = Callable[[Source, Range], Fix]

RULES: Mapping[str, tuple[Rewrite, ...]] = {
    "B101": (statements.raise_assertion_error, statements.raise_type_error),
    "B103": (files.restrict_mode,),
    "B104": (web.listen_locally,),
    "B110": (statements.log_exception,),
    "B112": (statements.log_exception,),
    "B113": (web.set_timeout,),
    "B201": (web.run_without_debugger,),
    "B202": (loading.tarfile_data_filter,),
    "B306": (files.create_temporary_file,),
    "B307": (loading.literal_eval,),
    "B311": (crypto.secure_random,),
    "B313": (xml.call_twin,),
    "B314": (xml.call_twin,),
    "B315": (xml.call_twin,),
    "B316": (xml.call_twin,),
    "B317": (xml.call_twin,),
    "B318": (xml.call_twin,),
    "B319": (xml.call_twin,),
    "B323": (tls.verify_context,),
    "B324": (crypto.hash_not_for_security, crypto.hash_with_sha256),
    "B405": (xml.import_twin,),
    "B406": (xml.import_twin,),
    "B407": (xml.import_twin,),
    "B408": (xml.import_twin,),
    "B409": (xml.import_twin,),
    "B501": (web.verify_certificate,),
    "B502": (tls.negotiate_version,),
    "B503": (tls.negotiate_by_default,),
    "B504": (tls.name_version,),
    "B505": (crypto.strong_key, crypto.strong_curve),
    "B506": (loading.yaml_safe_load,),
    "B507": (tls.reject_unknown_hosts,),
    "B602": (shell.run_list, shell.run_list_reviewed),
    "B605": (shell.call_list, shell.call_list_reviewed),
    "B614": (loading.torch_weights_only,),
    "B701": (web.select_autoescape, web.autoescape_all),
}

_RUFF_TWIN = re.compile(r"S(\d{3})")


def candidates(text: str, finding: Finding) -> tuple[Fix, ...]:
    """The fixes for one finding of Bandit, or of its twin among Ruff's ``S`` rules. Never raises.

    They are alternatives, the best first; each is made against ``text`` and stands alone.
    """
    twin = _RUFF_TWIN.fullmatch(finding.rule)
    rewrites = RULES.get(f"B{twin[1]}" if twin else finding.rule, ())
    source = parse(text) if rewrites else None
    if source is None:
        return ()
    fixes: list[Fix] = []
    for rewrite in rewrites:
        try:
            fixes.append(rewrite(source, finding.range))
        except UnsureError:
            continue
    return tuple(fixes)
