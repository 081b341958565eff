import type { ErrorCode } from '../../../../src/contract/error-codes.ts'

/** One thing that goes wrong, from what a person sees to what they can do. */
export interface HelpCase {
  id: string
  symptom: string
  /** What programs print then, to be recognised. */
  says: string[]
  /** The codes of the gateway that mean this. */
  codes: ErrorCode[]
  meaning: string
  steps: string[]
}

/** Where a person meets a problem. */
export interface HelpGroup {
  title: string
  cases: HelpCase[]
}

const certificateCases: HelpCase[] = [
  {
    id: 'no-certificate',
    symptom: 'The gateway says that no certificate was presented',
    says: [],
    codes: ['certificate_missing'],
    meaning: 'The connection was made without a client certificate, so nobody can be told from anybody else.',
    steps: [
      'cURL: give both --cert and --key, and run it in the folder that holds the two files.',
      'Postman: the host and the port of the entry under Settings, Certificates must be exactly those of the request.',
      'Code: hand certificate and key to the TLS connection itself, not to the request. A proxy in between that ends TLS takes the certificate away.',
    ],
  },
  {
    id: 'wrong-environment',
    symptom: 'The certificate is of another environment or of another CA',
    says: [],
    codes: ['certificate_wrong_environment', 'certificate_issuer_unknown', 'certificate_not_registered'],
    meaning:
      'Each environment has a CA of its own. A certificate works only at the gateway of the environment in which it was made, and only if it was issued here.',
    steps: [
      'Look at the host and the port that you call: they belong to one environment.',
      'Find the certificate in the list of that environment, by its serial number. If it is not there, it belongs elsewhere.',
      'Create a certificate in the environment that you call.',
    ],
  },
  {
    id: 'not-in-time',
    symptom: 'The certificate has expired, or is not valid yet',
    says: [],
    codes: ['certificate_expired', 'certificate_not_yet_valid'],
    meaning: 'A certificate is good between two moments only, and the gateway goes by its own clock.',
    steps: [
      'Expired: choose Rotate on its page. The successor gets the same details and needs a new key.',
      'Not valid yet: wait, or look whether the clock of the calling machine is right.',
      'Add expiry contacts to the successor, so that somebody is told in time.',
    ],
  },
  {
    id: 'revoked',
    symptom: 'The certificate is revoked',
    says: [],
    codes: ['certificate_revoked'],
    meaning:
      'Somebody ended it before its time. That is for good: a revoked certificate is never accepted again.',
    steps: [
      'The History of the certificate says who revoked it, when and why.',
      'Choose Rotate on its page, or create another one: a new certificate with a new key is the only way on.',
      'Put the new files into your service and fetch new tokens; the old tokens have ended with the certificate.',
    ],
  },
  {
    id: 'unfit',
    symptom: 'The certificate cannot be read, is for another purpose, or its chain is incomplete',
    says: [],
    codes: ['certificate_malformed', 'certificate_wrong_purpose', 'certificate_chain_incomplete'],
    meaning: 'What was presented is not the client certificate as it was issued, or not all of it.',
    steps: [
      'Download the certificate again from its page and use the file unchanged.',
      'If your program wants the chain too, take the file that ends in -fullchain.pem.',
      'A certificate for a server is no certificate for a client: present the one made here.',
    ],
  },
]

const tokenCases: HelpCase[] = [
  {
    id: 'client-authentication',
    symptom: 'The token request is answered with 401',
    says: ['invalid_client'],
    codes: ['client_authentication_failed'],
    meaning: 'The certificate was accepted, but client ID and secret do not belong together here.',
    steps: [
      'Compare the client ID with the one under API credentials, in this very environment.',
      'Replace the placeholder in the command. A secret is shown once; if it is lost, rotate it.',
      'A rotated secret ends when its overlap ends. The list of credentials shows which secrets hold, by their last four characters.',
      'If the credentials are restricted to certificates, call with one of those.',
    ],
  },
  {
    id: 'network',
    symptom: 'The credentials are refused because of where the call comes from',
    says: [],
    codes: ['network_not_allowed'],
    meaning:
      'The credentials are restricted to networks, and the address that the gateway saw is in none of them.',
    steps: [
      'Activity shows the client address that the gateway saw; it is often that of a NAT or an egress proxy.',
      'Call from one of the networks that the list of credentials names.',
      'Networks stay as they were chosen: create other credentials for another network.',
    ],
  },
  {
    id: 'token',
    symptom: 'A call is answered with 401 after the TLS connection has succeeded',
    says: ['invalid_token'],
    codes: ['token_missing', 'token_invalid', 'token_expired', 'token_revoked'],
    meaning: 'TLS is fine. The call brought no access token, or one that does not hold any more.',
    steps: [
      'Send the header Authorization with the word Bearer, a space, and the token.',
      'Tokens are short-lived: get a new one before expires_in is over instead of keeping one.',
      'A token ends at once when its certificate or its credentials end.',
    ],
  },
  {
    id: 'token-bound',
    symptom: 'The token is bound to another certificate',
    says: [],
    codes: ['token_certificate_mismatch'],
    meaning: 'A token can be used only with the certificate that it was got with.',
    steps: [
      'Use the same certificate for the token request and for the calls.',
      'After a rotation, get new tokens with the successor.',
      'If tokens are shared between machines, each machine needs the same certificate, or its own tokens.',
    ],
  },
  {
    id: 'scope',
    symptom: 'A call is answered with 403 after the TLS connection has succeeded',
    says: ['insufficient_scope'],
    codes: ['token_scope_missing'],
    meaning: 'The token is good, but may not do this.',
    steps: [
      'Look which scopes the credentials have, under API credentials.',
      'If the token request names scopes, name the one that the call needs too.',
      'Credentials keep their scopes: create others with the right ones.',
    ],
  },
]

const connectionCases: HelpCase[] = [
  {
    id: 'no-response',
    symptom: 'There is no response at all',
    says: [
      'Connection refused',
      'Connection timed out',
      'Empty reply from server',
      'ECONNRESET',
      'socket hang up',
    ],
    codes: ['tls_handshake_failed'],
    meaning: 'The connection did not come about, or was closed before anything could be said.',
    steps: [
      'Compare host and port with those of the Configure steps; each environment has its own.',
      'Ask whether a firewall between you and the gateway lets this port through.',
      'The gateway speaks TLS 1.2 and 1.3 only. Old programs and libraries may not.',
      'Some environments drop unknown callers without a word. The refusals above name the cause all the same, as far as it can be tied to you.',
    ],
  },
  {
    id: 'plain-http',
    symptom: 'The address begins with http, or the host is another one',
    says: ['Received HTTP/0.9 when not allowed', 'Client sent an HTTP request to an HTTPS server'],
    codes: ['plain_http_on_tls_port', 'wrong_host'],
    meaning: 'The port expects TLS, for the host name that it is known by.',
    steps: [
      'Begin the address with https.',
      'Use the host name of the Configure steps, not an IP address or a name of your own.',
    ],
  },
  {
    id: 'curl-server',
    symptom: 'cURL does not trust the gateway',
    says: [
      'SSL certificate problem: unable to get local issuer certificate',
      'SSL certificate problem: self-signed certificate in certificate chain',
      'curl: (60)',
    ],
    codes: [],
    meaning: 'The gateway’s own certificate comes from a CA that your machine does not know.',
    steps: [
      'Give cURL the CA of the gateway with --cacert; the command of the Configure steps does.',
      'It can be downloaded from the page of any issued certificate: Download, Gateway CA.',
      'Do not switch the check off with -k: then anybody could answer in the gateway’s place.',
    ],
  },
  {
    id: 'curl-files',
    symptom: 'cURL cannot use key or certificate',
    says: [
      'could not load PEM client certificate',
      'unable to set private key file',
      'key values mismatch',
      'curl: (58)',
    ],
    codes: [],
    meaning: 'A file is not where the command looks for it, or key and certificate do not belong together.',
    steps: [
      'Run the command in the folder that holds both files, or name them with their paths.',
      'Key and certificate carry the same name, such as acme-0001. Do not mix two of them.',
      'On Windows use a cURL built with OpenSSL, such as the one that comes with Git.',
    ],
  },
  {
    id: 'postman',
    symptom: 'The handshake fails in Postman',
    says: ['Could not get response', 'write EPROTO', 'Error: Client network socket disconnected'],
    codes: [],
    meaning: 'Postman sends a certificate only to a host and port that match its entry exactly.',
    steps: [
      'Compare host and port of the entry with those of the Configure steps. Leave https out of the host.',
      'Look in the Postman console (View, Show Postman Console) whether a client certificate was sent.',
      'Remove the entry and add it again: CRT file and KEY file must both be of this certificate.',
      'Switch CA certificates on and choose the CA of the gateway, if it is a private one.',
    ],
  },
  {
    id: 'passphrase',
    symptom: 'A passphrase is asked for',
    says: ['Enter PEM pass phrase', 'bad decrypt'],
    codes: [],
    meaning: 'The key file is encrypted. The command of this portal makes keys without a passphrase.',
    steps: [
      'If you have encrypted the key yourself or were shown a passphrase when you downloaded it, type exactly that.',
      'If none was ever set, leave the field empty; in Postman too.',
      'If the passphrase is lost, the key is lost: rotate the certificate.',
    ],
  },
]

const portalCases: HelpCase[] = [
  {
    id: 'not-available',
    symptom: 'The certificate cannot be downloaded yet, as in staging',
    says: ['Pending'],
    codes: [],
    meaning:
      'Not every environment issues at once. Some do it in the background, in some a person decides first.',
    steps: [
      'Wait for the e-mail; it says when the certificate is ready. The page of the certificate turns to Issued by itself.',
      'Then download it from the list or from its page, as often as you want.',
      'If it takes longer than you were told, ask the provider and name the certificate.',
    ],
  },
  {
    id: 'upstream',
    symptom: 'The gateway lets the call in, but the API behind it does not answer',
    says: [],
    codes: ['upstream_unavailable', 'upstream_timeout', 'route_unknown'],
    meaning: 'Certificate and token are fine. The call did not reach what it was for.',
    steps: [
      'Compare method and path with the documentation of the API.',
      'Wait a minute and try again, with an idempotency key where money moves.',
      'If it stays, tell the provider the trace id of the answer.',
    ],
  },
]

/** All that the page knows, from symptom to fix. */
export const helpGroups: HelpGroup[] = [
  { title: 'The certificate is refused (403)', cases: certificateCases },
  { title: 'The token is refused (401, 403)', cases: tokenCases },
  { title: 'cURL, Postman or the network complains', cases: connectionCases },
  { title: 'Something else', cases: portalCases },
]

/** The case that a code of the gateway stands for. */
export function findCaseByCode(code: string): HelpCase | undefined {
  return helpGroups.flatMap(({ cases }) => cases).find(({ codes }) => codes.some((each) => each === code))
}

/** The groups with the cases that have `text` in them, in symptom, message or code. */
export function findCases(text: string): HelpGroup[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return helpGroups
  return helpGroups
    .map(({ title, cases }) => ({
      title,
      cases: cases.filter(({ symptom, says, codes, meaning }) =>
        [symptom, meaning, ...says, ...codes].some((each) => each.toLowerCase().includes(wanted)),
      ),
    }))
    .filter(({ cases }) => cases.length > 0)
}
