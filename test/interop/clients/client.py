"""Runs the set-ups of a file with requests and the ssl module; prints name, status and body of each."""

import ssl
import sys

import requests
from requests.adapters import HTTPAdapter


def make_context(ca, cert, key, tls):
    context = ssl.create_default_context(cafile=None if tls == "untrusted" else ca)
    if tls in ("lenient", "version"):
        context.set_ciphers("ALL:@SECLEVEL=0")
    if tls == "version":
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    if tls == "cipher":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA")
    if tls == "group":
        # Python knows no curve of TLS 1.3 that the gateway lacks.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve("secp256k1")
    if cert:
        context.load_cert_chain(cert, key)
    return context


class Adapter(HTTPAdapter):
    def __init__(self, context):
        self.context = context
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, ssl_context=self.context, **kwargs)


for line in open(sys.argv[1], encoding="utf-8").read().split("\n"):
    name, url, method, cert, key, ca, trace, authorization, host, tls = line.split("\t")
    headers = {"traceparent": trace, "Connection": "close"}
    if authorization:
        headers["Authorization"] = authorization
    if host:
        headers["Host"] = host
    try:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", Adapter(make_context(ca, cert, key, tls)))
        verify = True if tls == "untrusted" else ca
        answer = session.request(method, url, headers=headers, timeout=10, verify=verify)
        print(name, answer.status_code, answer.text, sep="\t")
    except (requests.RequestException, OSError, ValueError) as error:
        print(name, 0, repr(error).replace("\t", " ").replace("\n", " "), sep="\t")
