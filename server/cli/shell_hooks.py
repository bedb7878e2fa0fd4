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
    return _ABOUT + _HOOKS[shell].replace("@PROGRAM@", program)


_HOOKS = {
    "bash": r"""_understudy_told() {
    local code=$? now=${EPOCHREALTIME/[^0-9]/} line number
    line=$(HISTTIMEFORMAT= builtin history 1)
    if [[ $line =~ ^\ *([0-9]+)[\ *]\ (.*)$ ]]; then
        number=${BASH_REMATCH[1]} line=${BASH_REMATCH[2]}
        if [[ -n ${_understudy_at-} && $number != "${_understudy_number-}" &&
            $line != [[:space:]]* ]]; then
            (printf %s "$line" | @PROGRAM@ --session "bash $$" --at "${_understudy_at}e-6" \
                --seconds "$((now - _understudy_at))e-6" --code "$code" \
                --in "$_understudy_in" >/dev/null 2>&1 &)
        fi
        _understudy_number=$number
    fi
    _understudy_at= _understudy_in=$PWD
    return "$code"
}
PS0="${PS0-}"'${PS4:$((_understudy_at=${EPOCHREALTIME/[^0-9]/},0)):0}'
PROMPT_COMMAND="_understudy_told${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
""",
    "zsh": r"""zmodload zsh/datetime
autoload -Uz add-zsh-hook
_understudy_begins() {
    _understudy_line=$1 _understudy_at=$EPOCHREALTIME _understudy_in=$PWD
}
_understudy_told() {
    local code=$? line=${_understudy_line-}
    _understudy_line=
    if [[ -n $line && $line != [[:space:]]* ]]; then
        (print -rn -- $line | @PROGRAM@ --session "zsh $$" --at $_understudy_at \
            --seconds $((EPOCHREALTIME - _understudy_at)) --code $code --in $_understudy_in \
            >/dev/null 2>&1 &)
    fi
    return $code
}
add-zsh-hook preexec _understudy_begins
add-zsh-hook precmd _understudy_told
""",
    "fish": r"""function _understudy_begins --on-event fish_preexec
    set -g _understudy_at (date +%s)
    set -g _understudy_in $PWD
end
function _understudy_told --on-event fish_postexec
    set -l code $status
    if not string match -qr '^\s' -- $argv[1]; and test -n "$argv[1]"
        printf %s "$argv[1]" | sh -c 'exec 3<&0; "$@" <&3 >/dev/null 2>&1 &' sh \
            @PROGRAM@ --session "fish $fish_pid" --at $_understudy_at \
            --seconds (math $CMD_DURATION / 1000) --code $code --in $_understudy_in
    end
end
""",
}
