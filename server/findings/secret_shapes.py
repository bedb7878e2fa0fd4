"""What secrets look like, what they are called, and where programs take them: tables."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPES = (
    r"(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|v1\.[0-9a-f]{40})",
    r"(?:gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|wt|ffct)|gloas)-[\w.-]{16,}",
    r"GR1348941[\w-]{16,}",
    r"xox[a-z](?:\.xox[a-z])?-[\w-]{8,}",
    r"xapp-[\w-]{10,}",
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{12,}",
    r"AIza[\w-]{30,}",
    r"ya29\.[\w-]{10,}",
    r"1//0[\w-]{20,}",
    r"GOCSPX-[\w-]{16,}",
    r"(?:sk|rk|pk)_(?:live|test)_\w{10,}",
    r"whsec_[\w+/=]{16,}",
    r"npm_\w{20,}",
    r"pypi-[\w-]{16,}",
    r"sk-[\w-]{16,}",
    r"SG\.[\w-]{10,}\.[\w-]{10,}",
    r"(?:AC|SK)[0-9a-f]{32}",
    r"key-[0-9a-f]{32}",
    r"[0-9a-f]{32}-us\d{1,2}",
    r"dop_v1_[0-9a-f]{20,}",
    r"do[or]_v1_[0-9a-f]{20,}",
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}",
    r"sq0[a-z]{3}-[\w-]{20,}",
    r"EAAA[\w-]{40,}",
    r"dckr_(?:pat|oat)_[\w-]{10,}",
    r"hf_[A-Za-z0-9]{20,}",
    r"glsa_\w{20,}",
    r"(?:hvs|hvb|hvr)\.[\w-]{16,}",
    r"\bs\.[A-Za-z0-9]{24}\b",
    r"\w{10,20}\.atlasv1\.[\w-]{30,}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{40,}",
    r"\d{8,10}:[\w-]{35}",
    r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    r"EAACEdEose0cBA\w+",
    r"lin_(?:api|oauth)_\w{16,}",
    r"ntn_\w{20,}",
    r"secret_[A-Za-z0-9]{30,}",
    r"figd_[\w-]{16,}",
    r"PMAK-[\w-]{20,}",
    r"rubygems_[0-9a-f]{20,}",
    r"oy2[a-z0-9]{43}",
    r"AKC[A-Za-z0-9]{10,}",
    r"NRAK-[A-Z0-9]{20,}",
    r"sntry[su]_[\w+/=-]{20,}",
    r"dp\.(?:pt|st|ct|scim|audit)\.\w{20,}",
    r"pul-[0-9a-f]{40}",
    r"tskey-[\w-]{10,}",
    r"CFPAT-[\w-]{20,}",
    r"phc_\w{20,}",
    r"r8_\w{20,}",
    r"gsk_\w{20,}",
    r"xai-\w{20,}",
    r"pplx-\w{20,}",
    r"nvapi-[\w-]{20,}",
    r"ATATT3[\w=-]{20,}",
    r"ATBB\w{20,}",
    r"sbp_[0-9a-f]{20,}",
    r"fo1_[\w-]{20,}",
    r"FlyV1\s+fm\w+_[\w+/=,-]+",
    r"fm[12][a-z]*_[\w+/=,-]{20,}",
    r"pscale_(?:tkn|pw|oauth)_[\w.-]{16,}",
    r"CCIPAT_\w{16,}",
    r"bkua_\w{16,}",
    r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}",
    r"eyJ[\w+/=-]{30,}",
    r"LS0tLS1CRUdJTi[\w+/=]*",
    r"(?<=[\"'])[a-z]{3,8}(?: [a-z]{3,8}){11}(?:(?: [a-z]{3,8}){3}){0,4}(?=[\"'])",
)
"""Expressions of tokens that can be told by themselves: their makers gave them a beginning."""

PLACES = (
    r"https://hooks\.slack\.com/(?:services|workflows|triggers)/",
    r"https://(?:canary\.|ptb\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/",
    r"https://[\w.-]*\.webhook\.office\.com/\w+/",
    r"https://chat\.googleapis\.com/v1/spaces/",
    r"https://hooks\.zapier\.com/hooks/catch/",
    r"https://maker\.ifttt\.com/trigger/\w+/(?:json/)?with/key/",
    r"https://hc-ping\.com/",
    r"https://events\.pagerduty\.com/integration/",
    r"https://api\.telegram\.org/bot",
    r"https://[\w.-]*\.logic\.azure\.com/",
    r"https://outlook\.office\.com/webhook/",
    r"https://mainnet\.infura\.io/v3/",
    r"https://[\w-]+\.g\.alchemy\.com/v2/",
    r"\bsecret,(?:\w+=\w+,)?data=",
    r"rtmps?://[\w.:-]+/[\w-]+/",
)
"""Beginnings of addresses the rest of which is a secret."""

NAMES = _words(
    """
    password passwd passphrase pass pwd pw passwort passcode token secret apikey accesskey
    secretkey authtoken credential credentials pat authkey apitoken sas bearer mdp pswd
    requirepass masterauth storepass keypass secretid passw psk mnemonic
    kennwort passe contrasena contraseña senha haslo hasło wachtwoord losenord lösenord heslo parola
    пароль
    """
)
"""Words in a name of something that is a secret."""
ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "apikey",
    "pass",
    "pwd",
    "authkey",
)
NO_ENDINGS = _words(
    """
    compass bypass trespass encompass surpass overpass underpass pwd oldpwd oncpwd multipass
    lastpass keepass lpass gopass subpass onepass
    """
)
"""Words that end so, and mean something else."""
KEYS = _words(
    """
    api access private secret account encryption encrypt signing sign master client shared
    storage deploy session auth app application consumer license licence admin service write
    ingest subscription aes hmac jwt cookie django flask rails csrf crypto cipher unseal
    recovery publishable ssh gpg wep wpa fernet webhook integration routing functions host dd
    """
)
"""Words before ``key`` that make it one that is secret."""
OTHERWISE = _words(
    """
    file files path dir folder name names id ids url uri endpoint type length len size count
    expiry expires expiration ttl age days helper stdin env policy field fields ref refs
    version limit format mode method prefix hash algorithm algo program command cmd manager
    generator prompt column header ring rotation enabled required validation validator source
    store arn fd review reset form test tests class exists change changed min max template
    """
)
"""Last words of a name that speaks of a secret, and is of something else."""
DENIED = _words(
    """
    no max min num count n use with without skip show is has print
    """
)
"""First words of such a name."""
PUBLIC = (
    r"0x[0-9a-fA-F]{40}",
    r"age1[a-z0-9]{50,}",
    r"Qm[1-9A-HJ-Za-km-z]{44}",
)
"""Expressions of what looks random and is told to everybody: addresses, keys for others."""
TYPES_AND_VERBS = _words(
    """
    string str text integer int boolean bool binary bytes number references
    edit show list get set add remove create delete rotate clear install
    """
)
"""What stands behind a name and a colon where it is a column or a task: ``credentials:edit``."""
CALLS = (
    (
        r"""\b(?:auth\s*=|create_(?:super)?user|(?:set|make|check)_password|hashpw|bcrypt"""
        r"""|password_hash|hash_password|HTTPBasicAuth)\s*\("""
        r"""(?:[^()"']|'[^'\n]*'|"[^"\n]*"){0,60}"""
    ),
    (
        r"\b(?:jwt|jsonwebtoken)\b[^\n]{0,40}?\.(?:sign|encode)\("
        r"\s*(?:\{[^{}\n]{0,200}\}|[\w.]+)\s*,\s*"
    ),
)
"""What stands before a quoted secret in code."""
PERHAPS = _words(
    """
    key auth cookie cookies session sig signature code sid dsn license licence pin otp salt
    seed cred creds value connection conn connectionstring login sessionid hash nonce state
    jwt webhook community auth_key
    """
)
"""Words in the name of something that is a secret if it looks odd."""

QUOTE = "[\"']?"
"""In an expression below: a quote that may open before the secret, which then goes to its end."""
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
        rf"\s(?:-u|--user|--proxy-user|-U|-a|--auth){_V}{_USER}",
    ),
    ("curl", rf"\s(?:-E|--cert)\s+{QUOTE}(?:[A-Za-z]:)?[^\s:\"']+:"),
    ("curl", r"\s(?:-b|--cookie)\s+(?=[\"']?[\w.-]+=)"),
    (
        "docker podman helm buildah skopeo oras nerdctl crane",
        r"\slogin\s[^\n]{0,400}?(?<=\s)-p(?:\s+|=)",
    ),
    (
        (
            "az oc twine poetry flit hatch vsce ovsx cqlsh mongo mongosh mongodump mongorestore"
            " mongoexport mongoimport mongostat cypher-shell rdesktop nxc crackmapexec netexec hydra"
            " medusa ncftpget ncftpput ncftp altool security cf ibmcloud influx conan"
            " elasticsearch-users supabase veracrypt"
            " steghide fcrackzip certutil doveadm"
        ),
        r"\s-p(?:\s+|=)(?!\d+(?::\d+)*(?:/\w+)?(?:\s|$))",
    ),
    ("sshpass", r"\s-p\s*"),
    ("redis-cli", r"\s(?:-a|--pass)\s+"),
    ("redis-cli valkey-cli", r"(?i:\s(?:auth|requirepass|masterauth))\s+"),
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
    ("htpasswd", r"\s-\w*nb\w*\s+\S+\s+"),
    ("snmpwalk snmpget snmpset snmptrap snmpbulkwalk snmptable", r"\s-[AXc]\s*"),
    (
        "openssl",
        r"\s-(?:k|K|iv|hmac|pass|passin|passout|kfile)\s+(?:pass:)?(?!env:|file:|fd:|stdin)",
    ),
    ("openssl", r"\bpass:"),
    ("openssl mkpasswd", r"(?<=passwd)(?:\s+-(?!salt)\S+)*(?:\s+-salt\s+\S+)?(?:\s+-\w)*\s+(?!-)"),
    ("wpa_passphrase", r"wpa_passphrase\s+(?:\"[^\"]*\"|'[^']*'|\S+)\s+"),
    (
        "nmcli iwctl wpa_cli netsh mysqladmin rclone",
        r"\s(?:[\w-]+\.)*(?:password|--passphrase|psk|pass)\s+",
    ),
    ("networksetup", r"\s-setairportnetwork\s+\S+\s+\S+\s+"),
    ("prosodyctl ejabberdctl", r"\sregister\s+\S+\s+\S+\s+"),
    ("qpdf", r"\s--encrypt\s+(?:\S+\s+)?"),
    ("qpdf", r"\s--encrypt\s+"),
    ("ConvertTo-SecureString", r"ConvertTo-SecureString\s+(?:-String\s+)?(?!-)"),
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
    ("rclone", r"\sobscure\s+"),
    ("ansible-vault", r"\sencrypt_string\s+(?:-\S+\s+(?:\S+@\S+\s+)?)*"),
    ("vault bao", r"\s(?:login|unseal|unwrap)\s+(?:-(?!method)\S+\s+)*(?!-|\w+=)"),
    ("vault bao", r"\s(?:put|patch|write|create)\s[^\n]{0,400}?\s[\w.-]+=(?!@)"),
    (
        "gh glab",
        r"\s(?:secret|variable)\s+set\s[^\n]{0,400}?(?<=\s)(?:-b|--body|-v|--value)(?:\s+|=)",
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
        "heroku fly flyctl doppler netlify dokku railway gigalixir render eb scalingo sops chamber travis op infisical",
        r"\s(?:[\w.:-]*(?:set|encrypt|import|env|add|create|edit|setenv|write|put)|setenv)\s[^\n]{0,400}?\b[A-Za-z_]\w*=",
    ),
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
    ("mc mcli", r"\s(?:alias\s+set|host\s+add)\s+\S+\s+\S+\s+\S+\s+"),
    ("drush", r"\suser:password\s+\S+\s+"),
    ("psql", r"(?i:\bpassword\s+)(?=['\"])"),
)
"""Programs, and what stands before a secret in a command of theirs."""
OF_A_USER = (
    r"\s(?:-u|--?user(?:name)?)(?:\s+|=)[^-\s]\S*\s[^\n]{0,200}?(?<=\s)-p\s+"
    r"(?![\d.:]+(?:/\w+)?(?:\s|$)|-|\$)"
    r"|\s[-/][agr]u[: ]\s*[^-/\s]\S*\s+[-/][agr]p[: ]\s*(?![-/])"
    r"|\s[-/]u(?:ser)?:\S+\s[^\n]{0,200}?(?<=\s)[-/]p(?:w|ass|assword)?:"
)
"""In a command of any other program: a user, and a password beside it."""
NOT_OF_A_USER = _words(
    """
    sudo mkdir mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlsh mysqlshow mariadb
    mariadb-dump mariadb-admin mycli docker podman ssh scp psql cp journalctl systemctl
    """
)
"""Programs whose ``-p`` means something else, or asks."""
