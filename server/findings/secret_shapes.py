"""What secrets look like, and what they are called: tables."""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """Those of a table."""
    return frozenset(text.split())


WITH_BLANKS = (
    r"FlyV1\s+fm\w+_[\w+/=,-]+",
    r"(?<=[\"'])[a-z]{3,8}(?: [a-z]{3,8}){11}(?:(?: [a-z]{3,8}){3}){0,4}(?=[\"'])",
)
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
    r"fm[12][a-z]*_[\w+/=,-]{20,}",
    r"pscale_(?:tkn|pw|oauth)_[\w.-]{16,}",
    r"CCIPAT_\w{16,}",
    r"bkua_\w{16,}",
    r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}",
    r"eyJ[\w+/=-]{30,}",
    r"LS0tLS1CRUdJTi[\w+/=]*",
    *WITH_BLANKS,
)
"""Expressions of tokens that can be told by themselves: their makers gave them a beginning."""
TOKEN = rf"(?<![A-Za-z0-9])(?:{'|'.join(SHAPES)})"
KEY_BEGINS, KEY_ENDS = "-----BEGIN [A-Z0-9 ]*PRIVATE KEY", "-----END [A-Z0-9 ]+-----"

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
    r"\b(?:slack|discord|tgram|pover|msteams|gotifys?|mmosts?|rockets?|pbul|mailgun|sendgrid|webexteams)://",
    r"\bsecret,(?:\w+=\w+,)?data=",
    r"rtmps?://[\w.:-]+/[\w-]+/",
)
"""Beginnings of addresses the rest of which is a secret."""
PLACE = "|".join(PLACES)

NAMES = words_of(
    """
    password passwd passphrase pass pwd pw passwort passcode token secret apikey accesskey
    secretkey authtoken credential credentials pat authkey apitoken sas bearer mdp pswd
    requirepass masterauth storepass keypass secretid passw psk mnemonic
    kennwort passe contrasena contraseña senha haslo hasło wachtwoord losenord lösenord heslo parola
    пароль geheim geheimnis clave motdepasse salasana passord adgangskode kodeord jelszo lozinka
    sifra sifre şifre geslo parole palavrapasse 密码 密碼 口令 パスワード 비밀번호 otp totp
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
    "pw",
)
MISTYPED = ("token", "password", "passphrase", "secret", "passwort", "passwd")
"""Names that are known with one letter too few or too many, another, or two in wrong order."""
NOT_MISTYPED = words_of("taken token tokens toke woken passed passwords secrets secretes secreto")
NO_ENDINGS = words_of(
    """
    compass bypass trespass encompass surpass overpass underpass pwd oldpwd oncpwd multipass
    lastpass keepass lpass gopass subpass onepass
    """
)
"""Words that end so, and mean something else."""
KEYS = words_of(
    """
    api access private secret account encryption encrypt signing sign master client shared
    storage deploy session auth app application consumer license licence admin service write
    ingest subscription aes hmac jwt cookie django flask rails csrf crypto cipher unseal
    recovery publishable ssh gpg wep wpa fernet webhook integration routing functions host dd
    """
)
"""Words before ``key`` that make it one that is secret."""
OTHERWISE = words_of(
    """
    file files path dir folder name names id ids url uri endpoint type length len size count
    expiry expires expiration ttl age days helper stdin env policy field fields ref refs
    version limit format mode method prefix hash algorithm algo program command cmd manager
    generator prompt column header ring rotation enabled required validation validator source
    store arn fd identifier budget usage review reset form test tests class exists change changed min max template
    """
)
"""Last words of a name that speaks of a secret, and is of something else."""
DENIED = words_of(
    """
    no max min num count n use with without skip show is has print
    """
)
"""First words of such a name."""
PUBLIC = (
    r"0x[0-9a-fA-F]{40}",
    r"age1[a-z0-9]{50,}",
    r"Qm[1-9A-HJ-Za-km-z]{44}",
    r"[a-z]{1,10}-[0-9a-f]{17}",
    r"sha\d{3}-[\w+/]+=*",
    r"AAAA[A-E][\w+/]+=*",
    r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]",
)
"""Expressions of what looks random and is told to everybody: addresses, keys for others."""
PLAIN = words_of(
    """
    true false yes no none null on off auto always never basic digest oauth oauth2 oidc ldap saml
    kerberos gssapi bearer required optional enabled disabled prompt ask
    """
)
"""Values of such a name that are none."""
TYPES_AND_VERBS = words_of(
    """
    string str text integer int boolean bool binary bytes number references
    edit show list get set add remove create delete rotate clear install
    """
)
"""What stands behind a name and a colon where it is a column or a task: ``credentials:edit``."""
CALLS = (
    (
        r"""(?:\bauth\s*=|\bcreate_(?:super)?user|(?<!\w)\w{0,40}(?i:password|passwd)\w{0,40}|\bhashpw|\bb?crypt\w*"""
        r"""|(?i:(?:bcrypt|argon2)\W{1,3}(?:hash|password\.create)|hash::make)|HTTPBasicAuth|(?i:sha\d+|\bmd5)|\bhmac\.new)"""
        r"""\s*\((?:[^()"']|'[^'\n]*'|"[^"\n]*"){0,60}"""
    ),
    r"""\blog_?in\s*\(\s*(?:'[^'\n]*'|"[^"\n]*")\s*,\s*""",
    r"""\b(?:\w{0,20}connect|new PDO)\s*\(\s*(?:(?:'[^'\n]*'|"[^"\n]*")\s*,\s*){2}""",
    (
        r"\b(?:jwt|jsonwebtoken)\b[^\n]{0,40}?\.(?:sign|encode)\("
        r"\s*(?:\{[^{}\n]{0,200}\}|[\w.]+)\s*,\s*"
    ),
)
"""What stands before a quoted secret in code."""
PERHAPS = words_of(
    """
    key auth cookie cookies session sig signature code sid dsn license licence pin otp salt
    seed cred creds value connection conn connectionstring login sessionid hash nonce state
    jwt webhook community auth_key pin pins mfa
    """
)
"""Words in the name of something that is a secret if it looks odd."""
