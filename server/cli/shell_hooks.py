"""What a shell's start-up file has to say so that Understudy is told of each command."""

from __future__ import annotations

import shlex
import sys

_ABOUT = "# Understudy is told of each command: see `understudy activity hook --help`.\n"


def hook(shell: str) -> str:
    """What a shell's start-up file has to say. The commands are told of in the background; what
    begins with a space is not, and nothing waits. They go through pipes: no file has them, and no
    list of processes."""
    program = f"{shlex.quote(sys.executable)} -P -m understudy activity record"
    return _ABOUT + _HOOKS[shell].replace("@PROGRAM@", program).replace("@LONGEST@", str(_LONGEST))


_LONGEST = 1 << 15
"""Characters: so much goes into a pipe whether or not anybody reads. A longer command is not told
of, as it is not taken in from a history either."""
_HOOKS = {
    "bash": r"""_understudy_told() {
    local code=$? now=${EPOCHREALTIME/[^0-9]/} line number
    line=$(HISTTIMEFORMAT= builtin history 1)
    if ((${#line} < @LONGEST@)) && [[ $line =~ ^\ *([0-9]+)[\ *]\ (.*)$ ]]; then
        number=${BASH_REMATCH[1]} line=${BASH_REMATCH[2]}
        if [[ -n ${_understudy_at-} && $number != "${_understudy_number-}" &&
            $line != [[:space:]]* ]]; then
            (builtin printf %s "$line" | @PROGRAM@ --session "bash $$" --at "${_understudy_at}e-6" \
                --seconds "$((now - _understudy_at))e-6" --code "$code" \
                --in "$_understudy_in" &) >/dev/null 2>&1
        fi
        _understudy_number=$number
    fi
    _understudy_at= _understudy_in=$PWD
    [[ $- == *e* ]] || return "$code"  # with errexit it would end the shell
}
if [[ -n ${EPOCHREALTIME-} ]] && shopt -q promptvars; then
    PS0="${PS0-}"'${PS4:$((_understudy_at=${EPOCHREALTIME/[^0-9]/},0)):0}'
    PROMPT_COMMAND="_understudy_told${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi
""",
    "zsh": r"""zmodload zsh/datetime
autoload -Uz add-zsh-hook
_understudy_begins() {
    typeset -g _understudy_line=$1 _understudy_at=$EPOCHREALTIME _understudy_in=$PWD
}
_understudy_told() {
    local code=$? line=${_understudy_line-}
    emulate -L zsh
    typeset -g _understudy_line=
    if [[ -n $line && $line != [[:space:]]* ]] && (($#line < @LONGEST@)); then
        (builtin print -rn -- $line | @PROGRAM@ --session "zsh $$" --at $_understudy_at \
            --seconds $((EPOCHREALTIME - _understudy_at)) --code $code --in $_understudy_in &) \
            >/dev/null 2>&1
    fi
    return $code
}
add-zsh-hook preexec _understudy_begins
add-zsh-hook precmd _understudy_told
""",
    "fish": r"""function _understudy_begins --on-event fish_preexec
    set -g _understudy_in $PWD
end
function _understudy_told --on-event fish_postexec
    set -l code $status
    if not string match -qr '^(\s|$)' -- "$argv[1]"
        and test (string length -- "$argv[1]") -lt @LONGEST@
        set -l seconds (math -s 0 $CMD_DURATION / 1000)
        builtin printf %s "$argv[1]" 2>/dev/null |
            /bin/sh -c 'exec 3<&0; now=$(date +%s) && "$@" --at $((now - $0)) <&3 &' $seconds \
            @PROGRAM@ --session "fish $fish_pid" --seconds (math $CMD_DURATION / 1000) \
            --code $code --in $_understudy_in >/dev/null 2>&1
    end
end
""",
}
