"""Where programs take secrets: tables."""

from __future__ import annotations

from .secret_shapes import words_of

QUOTE = "[\"']?"
"""In an expression below: a quote that may open before the secret, which then goes to its end. One
may also open before an option that an expression without it begins with."""
_V = r"\s*=?\s*"
_USER = rf"{QUOTE}[^\s:\"']*:"

PROGRAMS = (
    (
        (
            "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlsh mysqlpump mysqlslap mysqlshow"
            " mariadb mariadb-dump mariadb-admin mycli mytop innotop xtrabackup mydumper"
        ),
        r"\s-p",
    ),
    (
        "curl curlie wget http https xh xhs aria2c httpie",
        rf"\s(?:[\"'])?(?:-\w{{0,6}}u|--user|--proxy-user|-U|-a|--auth)(?:[\"'])?{_V}{_USER}",
    ),
    ("curl", rf"\s(?:-E|--cert)\s+{QUOTE}(?:[A-Za-z]:)?[^\s:\"']+:"),
    ("curl", r"\s(?:-b|--cookie)\s+(?=[\"']?[\w.-]+=)"),
    (
        "docker podman helm buildah skopeo oras nerdctl crane",
        r"\slogin\s[^\n]{0,400}?(?<=\s)-p(?!ass)(?:\s*|=)(?=[^\s-])",
    ),
    (
        (
            "az oc twine poetry flit hatch vsce ovsx cqlsh mongo mongosh mongodump mongorestore"
            " mongoexport mongoimport mongostat cypher-shell rdesktop nxc crackmapexec netexec hydra"
            " medusa ncftpget ncftpput ncftp altool security cf ibmcloud influx conan"
            " elasticsearch-users supabase veracrypt"
            " steghide fcrackzip certutil doveadm"
        ),
        r"\s-p(?:\s+|=)(?!\d+(?::\d+)*(?:/\w+)?(?:\s|$)|/\w+/)",
    ),
    ("sshpass", r"\s-p\s*"),
    ("redis-cli", r"\s(?:-a|--pass)\s+"),
    (
        "redis-cli valkey-cli",
        r"(?i:\s(?:auth(?:\s+\w+(?=\s+[^\s|>&;-]))?|requirepass|masterauth))\s+",
    ),
    (
        "sqlcmd bcp isql-ms osql tsql zip unzip zipinfo mosquitto_pub mosquitto_sub ipmitool security kcat smbmap ovftool",
        r"\s-P\s*",
    ),
    (
        "ldapsearch ldapadd ldapmodify ldapdelete ldappasswd ldapwhoami ldapcompare ldapmodrdn",
        r"\s-[wsa]\s*(?!sub\b|one\b|base\b|children\b|never\b|always\b|search\b|find\b)(?=\S)",
    ),
    (
        "smbclient rpcclient net smbget smbcacls smbstatus winexe nmblookup mount.cifs",
        rf"\s(?:-U|--user)\s*=?\s*{QUOTE}[^\s%\"']*%",
    ),
    ("7z 7za 7zr 7zz rar unrar", r"\s-(?:p|hp)"),
    ("pdftk", r"\s(?:user_pw|owner_pw|input_pw)\s+(?:\w+=)?"),
    ("xfreerdp wlfreerdp xfreerdp3 signtool", r"\s/(?:p|pass|gp|app-pass)[: ]\s*"),
    ("rabbitmqctl", r"\s(?:add_user|change_password|authenticate_user)\s+\S+\s+"),
    ("htpasswd mosquitto_passwd", r"\s-\w*b\w*(?:\s+-\S+)*\s+\S+\s+\S+\s+"),
    ("htpasswd", r"\s-(?=\w*n)(?=\w*b)\w+\s+\S+\s+"),
    ("snmpwalk snmpget snmpset snmptrap snmpbulkwalk snmptable", r"\s-[AXc]\s*"),
    (
        "openssl",
        r"\s-(?:k|K|iv|hmac|pass|passin|passout|kfile)\s+(?:pass:)?(?!env:|file:|fd:|stdin)",
    ),
    ("openssl", r"\bpass:"),
    (
        "openssl mkpasswd",
        r"(?<=passwd)(?:\s+-m\s+\S+)?(?:\s+-(?!salt|m\b)\S+)*(?:\s+-salt\s+\S+)?(?:\s+-[^m\s])*\s+(?!-)",
    ),
    ("wpa_passphrase", r"wpa_passphrase\s+(?:\"[^\"]*\"|'[^']*'|\S+)\s+"),
    (
        "nmcli iwctl wpa_cli netsh mysqladmin rclone",
        r"\s(?:[\w-]+\.)*(?:password|--passphrase|psk|pass)\s+",
    ),
    ("networksetup", r"\s-setairportnetwork\s+\S+\s+\S+\s+"),
    ("prosodyctl ejabberdctl", r"\sregister\s+\S+\s+\S+\s+"),
    ("qpdf", r"\s--encrypt\s+(?:\S+\s+)?"),
    ("qpdf", r"\s--encrypt\s+"),
    (
        "ConvertTo-SecureString",
        r"ConvertTo-SecureString\s+(?:-(?:String|AsPlainText|Force)\s+)*(?!-)",
    ),
    ("virsh", r"\ssecret-set-value\s+(?:--\S+\s+)*[^-\s]\S*\s+(?:--base64\s+)?"),
    (
        "keytool jarsigner apksigner java",
        r"\s-(?:storepass|keypass|deststorepass|srcstorepass|destkeypass|srckeypass|new)\s+",
    ),
    ("sqlplus exp imp expdp impdp sqlldr rman tnsping", rf"\s{QUOTE}\w+/(?=[^/\s])"),
    ("lftp", rf"\s-u\s*{QUOTE}[^\s,\"']*,"),
    ("cvs", r":pserver:[^\s:@]*:"),
    ("etcdctl clickhouse", rf"\s--user{_V}{_USER}"),
    ("ssh-keygen", r"\s-[NP]\s*(?!\"\"|'')"),
    ("useradd usermod", r"\s-p\s*"),
    ("slappasswd", r"\s-s\s*"),
    ("zerotier-cli", r"\s-T\s*"),
    ("smbclient", r"(?<=smbclient)\s+[\"']?[\\/]{2}\S+\s+(?!-)"),
    ("conda mamba micromamba pixi anaconda", r"https?://[^\s/]+/t/(?=[^\s/]+/\S)"),
    ("rclone", r"\sobscure\s+"),
    (
        "ansible-vault",
        r"\sencrypt_string\s+(?:--?(?:vault-password-file|(?:encrypt-)?vault-id|(?:stdin-)?name|n|p|output)(?:=|\s+)\S+(?:\s+|\Z)|-\S+\s+)*+(?!-)",
    ),
    ("vault bao", r"\s(?:login|unseal|unwrap)\s+(?:-(?!method)\S+\s+)*(?!-|\w+=)"),
    (
        "gh glab",
        r"\s(?:secret|variable)\s+set\s[^\n]{0,400}?(?<=\s)(?:-[bv]|--(?:body|value)(?=[\s=]))(?:\s*|=)",
    ),
    ("codecov bash", r"codecov[^\n]{0,400}?\s-t\s+"),
    ("grafana-cli", r"\sreset-admin-password\s+"),
    ("nifi.sh", r"\sset-single-user-credentials\s+\S+\s+"),
    ("ab", rf"\s-[AP]\s+{_USER}"),
    ("net", r"\suse\s+\S+\s+\S+\s+(?=\S+\s+/user)"),
    ("cargo snyk", r"\s(?:login|auth)\s+(?!-|status|logout)(?=\S)"),
    ("ngrok", r"\s(?:authtoken|add-authtoken)\s+"),
    ("bw", r"\s(?:unlock\s+|login\s+\S+@\S+\s+)(?!-)"),
    ("nuget dotnet choco", r"\s(?:-k|--api-key|-ApiKey|-s?key)\s*=?\s*"),
    ("nuget", r"\spush\s+\S+\s+(?!-)"),
    ("nuget", r"(?i:\ssetApiKey)\s+"),
    ("composer poetry bundle", r"\shttp-basic[\w.-]*\s+\S+\s+"),
    (
        "composer",
        r"\s(?:github-oauth|gitlab-token|gitlab-oauth|bearer)\.[\w.-]+\s+(?:\S+\s+(?=\w{16,}))?",
    ),
    ("bundle", r"\sconfig\s+(?:set\s+)?(?:--\w+\s+)?(?:https?://)?[\w./-]+\.[\w/-]+\s+"),
    ("kubectl oc", rf"\s--from-literal\s*=?\s*{QUOTE}[\w.-]+="),
    (
        "aws",
        r"\s--(?:secret-string|secret-access-key|master-user-password|auth-token|plaintext)\s*=?\s*(?!file)",
    ),
    ("aws", r"\sput-parameter\s[^\n]{0,400}?--value\s*=?\s*"),
    (
        "az",
        r"\s(?:keyvault\s+secret\s+set|ad\s+sp|webapp|functionapp)\s[^\n]{0,400}?--value\s*=?\s*",
    ),
    ("security", r"\s-[wX]\s+(?!-)"),
    ("isql", r"(?<=\bisql)\s+[^-\s]\S*\s+[^-\s]\S*\s+(?!-)"),
    ("chamber", r"\swrite\s+\S+\s+\S+\s+"),
    ("caddy", r"\s--plaintext\s+"),
    ("net", r"\suse\s[^\n]{0,400}?/user:\S+\s+|\suser\s+\S+\s+(?!/)"),
    ("gem", r"\s(?:-k|--key)\s+"),
    ("pass-cli lpass keepassxc-cli", r"\s(?:-p|--pw)\s+"),
    ("tailscale headscale", r"\s--auth-?key\s*=?\s*"),
    ("steam steamcmd", r"\+login\s+\S+\s+"),
    ("vault bao", r"\bsecret_id="),
    ("redis-cli valkey-cli", r"(?i:\sacl\s+setuser)\s[^\n]{0,200}?\s['\"]?>(?=\S)"),
    ("mc mcli minio-mc", r"\s(?:alias\s+set|host\s+add)\s+\S+\s+\S+\s+\S+\s+"),
    ("drush", r"\suser:password\s+\S+\s+"),
    ("psql", r"(?i:\bpassword\s+)(?=['\"])"),
)
"""Programs, and what stands before a secret in a command of theirs."""
OWN_P = words_of(
    """
    sudo mkdir mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlsh mysqlshow mariadb
    mariadb-dump mariadb-admin mycli docker podman ssh scp psql cp journalctl systemctl git
    rsync pg_dump pg_restore tar install
    """
)
"""Programs whose ``-p`` means something else, or asks."""
OWN_USERS = words_of("docker podman nerdctl chown rsync install kubectl oc sudo ssh git")
"""Programs whose ``-u`` has an owner and a group, or neither."""
FILTERS = words_of(
    """
    grep egrep fgrep rg ag ack sed awk gawk mawk jq yq wc tr cut sort uniq head tail cat tac rev bc
    dc xargs column fold fmt nl od less more fzf figlet cowsay lolcat espeak say dot bash sh zsh
    fish python python3 node ruby perl php psql sqlite3 nc ncat telnet mail mailx sendmail while
    for read mapfile readarray parallel diff patch vim vi nano iconv at crontab curl mosquitto_pub
    wl-paste xxd hexdump strings tee gunzip zcat gzip file numfmt date factor dmenu rofi cmp comm join paste
    """
)
"""Programs that read any text; what is given to others may be for them alone to know."""
TAKERS = (
    r"(?:-s\b|stdin|passphrase-fd|password-file=?-|with-token"
    r"|\b(?:\w*passwd|log[io]n|sign-?in|base64|openssl|gpg2?|cryptsetup|kinit|su|ansible-vault"
    r"|wl-copy|xclip|xsel|pbcopy|clip(?:\.exe)?|age|rage|kubeseal|unlock|unseal|signin|auth|keygen"
    r"|mkpasswd|ssh-add|newusers|add-?user|useradd)\b|\bsha\d*sum\b(?!\s+-)"
    r"|pass|secret|credential|key-?ring|keychain|keystore|wallet|vault"
    r"|\btoken|securestring)"
)
"""In a command, in small letters: it reads a secret from its input."""
SETTERS = words_of(
    """
    set put setenv setx write add update change create insert store save new patch config
    configure import encrypt define register login auth
    """
)
"""Words of commands behind which a name and its value may come."""
KEEPERS = words_of(
    """
    vault bao heroku fly flyctl doppler netlify dokku railway gigalixir render eb scalingo sops
    chamber travis op infisical nomad
    """
)
"""Programs that keep secrets: each value that is set with one is taken for a secret."""
SUFFIXES = words_of(
    """
    py pyi js jsx mjs ts tsx rb go rs md rst txt ya?ml json toml sh c h cpp java cs php html css
    xml ini cfg conf env log csv sql key pem crt cer pub gz zip tgz tar bak lock gpg asc enc tf
    kdbx jks p12 pfx ps1 bat hcl vue swift kt scala lua exs? tpl j2 properties png jpg svg pdf
    """
)
"""Of files that may be named after secrets."""
GIVES = words_of(
    """
    set put setenv setx write update insert store config configure variable arg var es
    Set-Item Set-Variable Set-Content
    """
)
"""Those behind which it is no name alone."""
ENTRANCES = (
    r"log[io]n|sign-?in|authenticate|register|auth|set-?user"
    r"|(?:[\w-]+:)?(?:users?|accounts?|admin|member)[:_-]?(?:add|create|new|register|passwd|upsert)"
    r"|(?:[\w-]+:)?(?:add|create|new|register|make)[:_-]?(?:user|account|admin|member|superuser)"
)
"""Subcommands to which a user and a password are told."""
OF_PERSONS = words_of("user users account accounts member admin")
GIVERS = words_of("-a -k -p -P -t -w -W")
"""Options behind which a password may be told where somebody logs in."""
ADDS = words_of("add create new passwd")
"""Behind one of these it is such a subcommand, too."""
LOGINS = (
    r"-[uUa]|--?(?:user|auth|creds?|credentials?|login|userpass|basic(?:[-_]?auth)?|http[-_]auth"
    r"|(?:src|dest|proxy)[-_](?:user|auth|creds))"
)
"""Options that take a user, a colon and a password."""
CARRIERS = words_of(
    """
    -d --data --data-urlencode --data-raw --data-binary -F --form -e --env --set --set-string -o
    --post-data -var --var -D --build-arg --variable
    """
)
"""Options whose value may have a name, and a value with blanks in it."""
MESSAGES = words_of("-m -am --message --title --body -b -t --grep -s --subject")
"""Options that prose follows."""
READS = words_of(
    """
    get show list ls describe delete rm remove find lookup read view inspect generate rotate
    --help -h grep rg ag fd find cat less vim vi code nano head tail touch mv cp mkdir
    """
)
"""Words of commands in which nobody tells a secret."""
BEFORE = words_of("sudo env time nohup exec command then do if while ! { doas winpty npx")
"""Words that may stand before a program."""
SPEAKERS = words_of("echo printf print Write-Output Write-Host yes")
"""Programs that only say something."""
VALUES = words_of(
    "/d --value -v -Value --body -b --data --string --plaintext --secret-string --val"
)
"""Options that have a name, and its value."""
FILES_OF_SECRETS = (
    r"""["']?[^\s"']*?(?:\.pgpass|\.netrc|passwd|password|secret|token|credential|vault_pass)"""
    r"""(?!\S*\.(?:log|md|rst|example)\b)"""
)
"""The begin of a word that is such a file."""
