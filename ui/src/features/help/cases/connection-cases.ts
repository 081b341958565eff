import type { HelpCase } from '../help-case.ts'

/** Errors of programs and the network before the gateway can respond. */
export const connectionCases: HelpCase[] = [
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
    codes: [
      'tls_version_unsupported',
      'tls_cipher_unsupported',
      'tls_group_unsupported',
      'tls_alpn_unsupported',
      'tls_client_signature_invalid',
      'tls_handshake_timeout',
      'tls_handshake_reset',
      'tls_handshake_failed',
    ],
    meaning: 'The connection did not come about, or was closed before anything could be said.',
    steps: [
      'Compare host and port with those of the Configure steps; each environment has its own.',
      'Ask whether a firewall between you and the gateway lets this port through.',
      'The gateway speaks TLS 1.2 and 1.3 only. Old programs and libraries may not.',
      'If your program names its protocols (ALPN), let it offer h2 or http/1.1, and speak the one that was agreed upon.',
      'Some environments drop unknown callers without a word. The refusals above name the cause all the same, as far as it can be tied to you.',
    ],
  },
  {
    id: 'proxy-protocol',
    symptom: 'A load balancer puts a PROXY header before the request',
    says: ['PROXY TCP4', 'PROXY protocol'],
    codes: ['proxy_header_unexpected'],
    meaning: 'A program between you and the gateway speaks the PROXY protocol, which is not expected here.',
    steps: [
      'Switch the PROXY protocol off for this port in your load balancer or tunnel.',
      'If the balancer is not yours, send its name and the trace ID to the provider.',
    ],
  },
  {
    id: 'websocket-version',
    symptom: 'A WebSocket is refused with 426',
    says: ['Unexpected server response: 426'],
    codes: ['websocket_version_unsupported'],
    meaning: 'The client asks for another version of the WebSocket protocol than 13 (RFC 6455).',
    steps: ['Use a current WebSocket library, which sends Sec-WebSocket-Version: 13.'],
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
    codes: ['tls_server_certificate_rejected'],
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
  {
    id: 'address-limited',
    symptom: 'Connections are closed at once, before TLS begins',
    says: ['Connection reset by peer', 'ECONNRESET', 'socket hang up'],
    codes: ['address_limited'],
    meaning:
      'From this address came more connections without an accepted certificate than one address may open, so that further ones are closed without an answer.',
    steps: [
      'Look what connects there again and again: often a program that tries a refused certificate without a pause.',
      'Stop it, or give it a certificate that is accepted. Some seconds later the address is served again.',
    ],
  },
]
