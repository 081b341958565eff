import type { HelpCase } from '../help-case.ts'

/** Errors of clients that do not accept the gateway's own certificate. */
export const serverTrustCases: HelpCase[] = [
  {
    id: 'curl-server',
    symptom: 'The client does not trust the gateway',
    says: [
      'unable to get local issuer certificate',
      'unable to verify the first certificate',
      'PKIX path building failed',
      'certificate signed by unknown authority',
      'curl: (60)',
    ],
    codes: ['tls_server_certificate_rejected'],
    meaning:
      'The gateway’s own certificate comes from a CA that the client does not know. Your client certificate is not the cause.',
    steps: [
      'Download the gateway CA from the page of any issued certificate: Download, Gateway CA.',
      'cURL: --cacert. Node: ca, or NODE_EXTRA_CA_CERTS. Python: verify=. Go: RootCAs. Java: a truststore.',
      'Python: the variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE override session.verify.',
      'Do not switch the check off: then anybody could respond in the gateway’s place.',
    ],
  },
  {
    id: 'server-name',
    symptom: 'The host name is not in the gateway’s certificate',
    says: [
      'no alternative certificate subject name matches',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'Hostname mismatch',
    ],
    codes: [],
    meaning: 'The client calls the gateway by a name or an IP address that its certificate does not have.',
    steps: [
      'Use the host name of the Configure steps.',
      'If a tunnel or proxy stands between, map the host name to its address (cURL: --resolve) and keep the name.',
    ],
  },
  {
    id: 'server-time',
    symptom: 'The client says that the gateway’s certificate has expired',
    says: ['certificate has expired', 'CERT_HAS_EXPIRED', 'expired or is not yet valid'],
    codes: [],
    meaning:
      'The client checked the gateway’s certificate against its own clock. For your own certificate, the gateway responds with certificate_expired.',
    steps: [
      'Check the clock of the calling machine.',
      'If the clock is right, tell the provider: the certificate of the gateway must be renewed.',
    ],
  },
  {
    id: 'ca-file',
    symptom: 'The CA file cannot be read',
    says: ['error setting certificate verify locations', 'error setting certificate file', 'curl: (77)'],
    codes: [],
    meaning: 'The file with the CA of the gateway is not where the program looks, or it is not PEM.',
    steps: [
      'Run the command in the folder that has the CA file, or give its full path.',
      'Download the file again: Download, Gateway CA, on the page of any issued certificate.',
      'The file must begin with -----BEGIN CERTIFICATE-----. The program must be allowed to read it.',
    ],
  },
  {
    id: 'windows-revocation',
    symptom: 'Windows cannot check whether the gateway’s certificate was revoked',
    says: ['CRYPT_E_NO_REVOCATION_CHECK', 'CRYPT_E_REVOCATION_OFFLINE', '0x80092012'],
    codes: [],
    meaning: 'Windows wants to ask the CA of the gateway, which names no address for it or is not reachable.',
    steps: ['cURL: use --ssl-revoke-best-effort.', '.NET: set CertificateRevocationCheckMode to NoCheck.'],
  },
]
