"""Fetches tokens with requests-oauthlib and Authlib, calls the API, and prints what each tells its user."""

import json
import sys

from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

cases = json.load(sys.stdin)


def prepare(session, case):
    session.trust_env = False
    session.verify = case["ca"]
    session.cert = case["cert"]


def fetch_with_oauthlib(case):
    client = BackendApplicationClient(client_id=case["clientId"], scope=case["scope"])
    session = OAuth2Session(client=client)
    prepare(session, case)
    session.fetch_token(case["url"] + "/token", client_secret=case["secret"], verify=case["ca"])
    return session


def fetch_with_authlib(case):
    session = AuthlibSession(case["clientId"], case["secret"], scope=case["scope"])
    prepare(session, case)
    session.fetch_token(case["url"] + "/token", grant_type="client_credentials")
    return session


libraries = {"requests-oauthlib": fetch_with_oauthlib, "Authlib": fetch_with_authlib}
for library, fetch in libraries.items():
    for case in cases:
        try:
            session = fetch(case)
            # A connection keeps the certificate with which it was opened.
            session.close()
            session.cert = case["callCert"]
            answer = session.request(
                case["method"],
                case["url"] + case["path"],
                data="x" * case["bodyBytes"] if case["bodyBytes"] else None,
            )
            told = f"{answer.status_code} {answer.text}"
        except Exception as error:
            told = str(error)
        print(json.dumps({"library": library, "name": case["name"], "told": told}))
