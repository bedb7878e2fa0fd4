"""Secrets in short texts: how many of a published list are seen, and how seldom one is that is
none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.redact_text import CUT, LONGEST, SECRET, redacted, redacted_words

from .secret_commands import Command, ordinary_commands, secret_commands
from .unseen_commands import (
    NAMES,
    WITH_ORDINARY,
    unseen_ordinary_commands,
    unseen_secret_commands,
)

RECALL = 0.99
LEAST = {"second": 0.98, "fourth": 0.98, "sixth": 0.98}
"""Where the programs are rare, and the passwords of four letters, or quoted as seldom."""
MOST_CHANGED = {"blind": 0.01, "sixth": 0.01}
"""Of ordinary commands: hashes, what is decoded, and numbers behind the name of a key."""
SEEDS = range(1, 4)


def missed(commands: list[Command]) -> list[str]:
    return [c.text for c in commands if any(part in redacted(c.text) for part in c.secrets)]


@pytest.mark.parametrize("held_out", [False, True])
def test_secrets_are_seen(held_out: bool) -> None:
    commands = [c for seed in SEEDS for c in secret_commands(seed) if c.is_held_out is held_out]
    assert len(commands) > 250 * len(SEEDS)
    assert len(missed(commands)) <= (1 - RECALL) * len(commands), missed(commands)


def test_ordinary_commands_stay() -> None:
    commands = ordinary_commands()
    assert len(commands) >= 300
    changed = [each for each in commands if redacted(each) != each]
    assert len(changed) <= 0.01 * len(commands), changed


@pytest.mark.parametrize("name", NAMES)
def test_secrets_of_the_unseen_lists_are_seen(name: str) -> None:
    commands = [c for seed in SEEDS for c in unseen_secret_commands(name, seed)]
    assert len(commands) > 100 * len(SEEDS)
    assert len(missed(commands)) <= (1 - LEAST.get(name, RECALL)) * len(commands), missed(commands)


@pytest.mark.parametrize("name", WITH_ORDINARY)
def test_ordinary_commands_of_the_unseen_lists_stay(name: str) -> None:
    commands = unseen_ordinary_commands(name)
    assert len(commands) >= 80
    changed = [each for each in commands if redacted(each) != each]
    assert len(changed) <= MOST_CHANGED.get(name, 0) * len(commands), changed


CASES = {
    "mysql -uroot -phunter2 shop": f"mysql -uroot -p{SECRET} shop",
    "curl -u 'bob:a b' x": f"curl -u 'bob:{SECRET}' x",
    "TOKEN=$(pass show x) run": "TOKEN=$(pass show x) run",
    'export PASSWORD="$OTHER"': 'export PASSWORD="$OTHER"',
    '{"password": "x y", "a": 1}': f'{{"password": "{SECRET}", "a": 1}}',
    "psql postgres://u:p@ss@h/db": f"psql postgres://u:{SECRET}@h/db",
    "psexec -u a -p b1 cmd": f"psexec -u a -p {SECRET} cmd",
    "winrs -u:a -p:b1 dir": f"winrs -u:a -p:{SECRET} dir",
    "journalctl -u nginx -p err": "journalctl -u nginx -p err",
    "dvc remote modify r password Tiger.745q": f"dvc remote modify r password {SECRET}",
    "bw get password github.com": "bw get password github.com",
    "x 'A/b:c1@10.0.0.4'": f"x 'A/b:{SECRET}@10.0.0.4'",
    "git push origin main:release@1.2": "git push origin main:release@1.2",
    "sed 's/token=.*//' a": "sed 's/token=.*//' a",
    "swaks -au a -ap b1": f"swaks -au a -ap {SECRET}",
    "sudo -u a mkdir -p b1": "sudo -u a mkdir -p b1",
    "docker pull a/b:1@sha256:00": "docker pull a/b:1@sha256:00",
    "CONTRASEÑA='a b' run": f"CONTRASEÑA='{SECRET}' run",
    "get(u, auth=('a', 'b c'))": f"get(u, auth=('a', '{SECRET}'))",
    "bcrypt('a b')": f"bcrypt('{SECRET}')",
    'read -s -p "Password: " PW': 'read -s -p "Password: " PW',
    """echo "don't"; x password: 'a b'""": f"""echo "don't"; x password: '{SECRET}'""",
    "rails g model A token:string:uniq": "rails g model A token:string:uniq",
    "net use Z: x /user:a *": "net use Z: x /user:a *",
    "echo hunter2 > token.txt": f"echo {SECRET} > token.txt",
    "X_CREDENTIALS=~/keys/a.json run": "X_CREDENTIALS=~/keys/a.json run",
    "x -u a:b1 y": f"x -u a:{SECRET} y",
    "docker run -u app:app x": "docker run -u app:app x",
    "x y -U a -P b1": f"x y -U a -P {SECRET}",
    "x user add a blue": f"x user add a {SECRET}",
    "x set-password a1b2": f"x set-password {SECRET}",
    "x secret put NAME a": "x secret put NAME a",
    "x secret put NAME blue": f"x secret put NAME {SECRET}",
    "x secrets set A=b1 C=d2": f"x secrets set A={SECRET} C={SECRET}",
    "x get secret a1b2": "x get secret a1b2",
    "x --name password --value blue": f"x --name password --value {SECRET}",
    "echo a1b2 | x": f"echo {SECRET} | x",
    "/bin/echo a1b2 | x": f"/bin/echo {SECRET} | x",
    "echo a1b2 | grep b": "echo a1b2 | grep b",
    "(echo a1b2; echo a1b2) | x login": f"(echo {SECRET}; echo {SECRET}) | x login",
    "cat <<< blue | x login": f"cat <<< {SECRET} | x login",
    "x <<< a1b2": f"x <<< {SECRET}",
    "read -rs a <<< blue": f"read -rs a <<< {SECRET}",
    'ssh h "x -u a -p b1 | y"': f'ssh h "x -u a -p {SECRET} | y"',
    "PASSWORD='a'\"'\"'b c' x": f"PASSWORD={SECRET} x",
    "PASSWORD=$(echo blue) x": f"PASSWORD=$(echo {SECRET}) x",
    "curl -d 'password=a b' x": f"curl -d 'password={SECRET}' x",
    "x --pasword blue --tokne blue": f"x --pasword {SECRET} --tokne {SECRET}",
    'set("DB_PASSWORD", "a1b2")': f'set("DB_PASSWORD", "{SECRET}")',
    "<password>blue</password>": f"<password>{SECRET}</password>",
    "sed -i s/CHANGEME/a1b2/ x": f"sed -i s/CHANGEME/{SECRET}/ x",
    "cat > .pgpass <<A\nh:1:d:u:blue\nA": f"cat > .pgpass <<A\nh:1:d:u:{SECRET}\nA",
    '{"a": "x --token=blue y"}': f'{{"a": "x --token={SECRET} y"}}',
    "cat >> ~/.pgpass <<< h:1:d:u:blue": f"cat >> ~/.pgpass <<< {SECRET}",
    "cat <<< '[h]:1 a:blue' > sasl_passwd": f"cat <<< '[h]:1 a:{SECRET}' > sasl_passwd",
    "echo 'h a:b1c2' | sudo tee -a /x/passwd": f"echo 'h a:{SECRET}' | sudo tee -a /x/passwd",
    "echo blue | tee a.token b": f"echo {SECRET} | tee a.token b",
    "jq .token <<< blue > a.token": "jq .token <<< blue > a.token",
    "echo see the wiki > password.txt": "echo see the wiki > password.txt",
    'echo "login failed" | tee -a auth.log': 'echo "login failed" | tee -a auth.log',
    'echo "$A" > a.token': 'echo "$A" > a.token',
    "conda config x https://h/t/ab-1/y z": f"conda config x https://h/t/{SECRET} z",
    "conda config x https://h/t/ab-1": "conda config x https://h/t/ab-1",
    "x --user=a h <<< blue": f"x --user=a h <<< {SECRET}",
    "x --user=a h <<< yes": "x --user=a h <<< yes",
    "mysql --user=a <<< status": "mysql --user=a <<< status",
    "x login -t a1b2": f"x login -t {SECRET}",
    "x login -t acme.example.org": "x login -t acme.example.org",
    "x login -p a1b2 -t acme": f"x login -p {SECRET} -t acme",
    "x login -u a -w blue": f"x login -u a -w {SECRET}",
    "x run -t a1b2": "x run -t a1b2",
    "x 'a a/root_password password blue'": f"x 'a a/root_password password {SECRET}'",
    "x \"password={{ 'a b' | password_hash('sha512') }}\"": (
        f"x \"password={{{{ '{SECRET}' | password_hash('sha512') }}}}\""
    ),
    "set password=MD5('blue') x": f"set password=MD5('{SECRET}') x",
    "x 'token = secrets.token_hex()'": "x 'token = secrets.token_hex()'",
    "x user set --password a1b2 jana": f"x user set --password {SECRET} jana",
    "x --gpg-key=nightly.gpg": "x --gpg-key=nightly.gpg",
    'PASSWORD="$HOME/x" y': 'PASSWORD="$HOME/x" y',
    "redis-cli auth a blue": f"redis-cli auth a {SECRET}",
    "redis-cli auth blue": f"redis-cli auth {SECRET}",
    "x 'password = Hash::make(\"blue\");'": f"x 'password = Hash::make(\"{SECRET}\");'",
    "x \"s.login('a', 'blue')\"": f"x \"s.login('a', '{SECRET}')\"",
    "x --token-budget 4000": "x --token-budget 4000",
    "sudo adduser a docker": "sudo adduser a docker",
    "sed '/^password=/d' x": "sed '/^password=/d' x",
    "x import secret arn:a:b:1:secret:db-Aa": "x import secret arn:a:b:1:secret:db-Aa",
    'x --token "${A[0]}"': 'x --token "${A[0]}"',
    "security x -p /Library/a": "security x -p /Library/a",
    "smbclient //h/s blue -U a": f"smbclient //h/s {SECRET} -U a",
    "smbclient //h/s -U a": "smbclient //h/s -U a",
    "git show HEAD^2": "git show HEAD^2",
    "make # write password before it": "make # write password before it",
    "apt update Blue!9pw": f"apt update {SECRET}",
    "x --pin 4821 --pin 21": f"x --pin {SECRET} --pin 21",
    "git commit -m 'secret=value is kept'": "git commit -m 'secret=value is kept'",
    "x --commit 0123456789abcdef0123456789abcdef": "x --commit 0123456789abcdef0123456789abcdef",
    "": "",
}


@pytest.mark.parametrize("text", CASES)
def test_what_stands_instead(text: str) -> None:
    assert redacted(text) == CASES[text]


COMMANDS = st.sampled_from([c.text for c in secret_commands()])


PARTS = st.lists(
    st.sampled_from(
        (
            *(
                "/bin/echo",
                "echo",
                "cat",
                "a",
                "a1b2",
                "login",
                "user",
                "add",
                "set",
                "token",
                "password",
            ),
            *(
                "-u",
                "-p",
                "-pa1b2",
                "--user=",
                "--value",
                "--value=",
                "a:",
                ":a1b2",
                "A=",
                "A=$(echo a1b2)",
            ),
            *(
                "|",
                "<<<",
                "<<A\n",
                "\nA",
                ">",
                "(",
                ")",
                "{",
                "}",
                ";",
                "&",
                "'",
                '"',
                "\\",
                "$",
                "`",
                "$(",
                "#!",
                "> .pgpass",
                "| tee a.token",
                "a:a1b2",
                "login -t",
            ),
        )
    ),
    max_size=9,
)


@given(
    st.one_of(
        st.text(),
        PARTS.map(" ".join),
        PARTS.map("".join),
        COMMANDS,
        st.tuples(COMMANDS, st.text(max_size=9), COMMANDS).map("".join),
    )
)
def test_what_is_redacted_stays_so(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


def test_a_long_text_is_cut_between_words() -> None:
    text = "x" * (LONGEST - 20) + " --password " + "y" * 50_000
    assert redacted(text) == "x" * (LONGEST - 20) + " --password " + CUT
    assert redacted("x" * 100_000) == CUT
    assert len(redacted("ls a " * 100_000)) <= LONGEST


HOSTILE = (
    *(
        "a",
        "=",
        "a=",
        "password=",
        "'",
        '"',
        "\\",
        '\\"',
        "$(",
        " ",
        "-p ",
        "mysql ",
        "sudo ",
        "echo ",
    ),
    *(
        "echo |",
        "curl -u ",
        "://a:",
        "://a:b@",
        "Authorization: ",
        "eyJ",
        "eyJ.",
        "set a ",
        "a:",
        "{",
    ),
    *(
        "docker login ",
        "vault put ",
        "-----BEGIN PRIVATE KEY-----",
        "heroku set ",
        "1a2B",
        "a/",
        "Cookie:",
    ),
    *(
        "password ",
        "identified by ",
        "openssl passwd -",
        "bundle config ",
        "<<<",
        "login <<< ",
        "a=1,",
    ),
    *(
        "auth=(",
        "bcrypt('a', ",
        "jwt.sign(a, ",
        "x -u a -p ",
        "echo a > ",
        "echo a>",
        "a:b@c ",
        "-pass-",
        "--token <(echo ",
        "river ",
        "'river ",
        "set password for a ",
        "rtmp://a/b",
        "/a.b",
        "nmcli a.",
        "password a",
        'password: "',
        'a "password: ',
        "secret,data=a",
        "/u:a ",
        "-au a ",
        "user add a b ",
        "set token a ",
        "(echo a) | login ;",
        "'a b' ",
        "s/token/a1b/",
        "<<A\nb: c\n",
        "<(echo a1b)",
        "password is a1b2 ",
        "password='a'\"b\"",
        "password=$(echo a ",
        "connect('a', ",
        "<a>b</",
        "a!1b",
        "echo a b1 > a.token ",
        "echo 'a b:c' | tee a.token ;",
        "cat > a.token <<< a1b ",
        "x login -t a1b ",
        "x -u a <<< b ",
        "https://h/t/a/b ",
        "/a-password password b ",
        "'a' | password_hash ",
        "s.login('a', ",
        "a.b::",
    ),
)


# By part: how often, and how much more four times as much may cost. Where each looks through all the
# rest it is 16 and more, for slashes 11, as there is less of it.
FOUR_TIMES = {"http://a:": (800, 12), "./": (4_000, 8)}


@pytest.mark.parametrize("part", FOUR_TIMES)
def test_more_parts_cost_no_more_for_each(part: str) -> None:
    def cost(times: int) -> float:
        text, costs = part * times, []
        for _ in range(3):
            begin = time.process_time()
            redacted(text)
            costs.append(time.process_time() - begin)
        return min(costs)

    few, most = FOUR_TIMES[part]
    assert cost(4 * few) < most * cost(few)


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_text_costs_no_more(part: str) -> None:
    text = (part * 40_000)[:40_000].replace("\0", "")
    begin = time.process_time()
    redacted(text)
    assert time.process_time() - begin < 5


def test_words_of_a_command_are_kept_without_secrets() -> None:
    words = ("/opt/run", "--password=hunter2", "--token", "hunter2", "-v", "make", "src/a.py")
    kept = ("/opt/run", f"--password={SECRET}", "--token", SECRET, "-v", "make", "src/a.py")
    assert redacted_words(words) == kept
