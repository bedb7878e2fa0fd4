"""Secrets that open nothing, and files in which they stand; put together here, so that no scanner
takes this file for a leak."""

from __future__ import annotations

AWS = "AKIA" + "Q7XWZTB5M4N8KJ2D"
GITHUB = "ghp_" + "xR7kPq2mN9vB4cL8wZ3tY6hJ1sD5fG0aQeUi"
PASSWORD = "correct-horse" + "-battery9"
IN_URL = "s3cr3t" + "Pa55phrase"
BASE64 = "c3VwZXIgc2VjcmV0" + "IHZhbHVlIDEyMzQ1Njc4OTA="
KEY_BODY = "MIIEpAIBAAKCAQEA" + "x7Zq9Lw2Vt5Rk8Jd3Hf6Gs1Pn4Mb0Cy"
LONE = "hunter2" + "hunter"

VALUES = (AWS, GITHUB, PASSWORD, IN_URL, BASE64, KEY_BODY, LONE)

_KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY_BODY}\n-----END RSA PRIVATE KEY-----"

FILES: dict[str, str] = {
    "app.py": f'''\
import os

# 🐙 before a secret
AWS_KEY = "{AWS}"; import sys
db_password = "{PASSWORD}"
URL = "postgres://shop:{IN_URL}@db.example.com/shop"
blob = "{BASE64}"
connect(password="{LONE}")


def login(user, password="{LONE}"):
    if password == "{LONE}":
        return user
    assert password != "{PASSWORD}"


KEY = """{_KEY}
"""
''',
    "web.js": f'const token = "{GITHUB}";\nconst password = "{PASSWORD}";\n',
    "config.json": f'{{"api_key": "{PASSWORD}", "aws": "{AWS}"}}\n',
    "deploy.yaml": "key: |\n"
    + "".join(f"  {line}\n" for line in _KEY.splitlines())
    + f"db:\n  password: {PASSWORD}\n  url: https://shop:{IN_URL}@example.com\n",
    "settings.ini": f"[db]\npassword = {PASSWORD}\n",
    ".env": f'DB_PASSWORD="{PASSWORD}"\nGITHUB={GITHUB}\n',
    ".env.local": f'API_KEY="{PASSWORD}"\n',
    "Dockerfile": f"FROM scratch\nENV TOKEN={GITHUB}\n",
    "server.pem": f"{_KEY}\n",
}
