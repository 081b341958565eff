import type { HelpCase } from '../help-case.ts'

/** Errors of programs and the network before the gateway can respond. */
export const connectionCases: HelpCase[] = [
  {
    id: 'unresolved',
    symptom: 'The host name cannot be resolved',
    says: ['Could not resolve host', 'getaddrinfo ENOTFOUND', 'UnknownHostException', 'curl: (6)'],
    codes: [],
    meaning: 'The name in the address is not known to the DNS server that your machine uses.',
    steps: [
      'Copy the host from the Configure steps again. In Postman, leave https:// out of the host.',
      'Resolve the name on the same machine, for example with nslookup. A VPN or container may use another DNS server.',
      'If you send requests through a proxy, set it in the program too.',
    ],
  },
  {
    id: 'nothing-listens',
    symptom: 'The connection is refused',
    says: ['Connection refused', 'ECONNREFUSED', "Couldn't connect to server", 'curl: (7)'],
    codes: [],
    meaning: 'The host was reached, but nothing listens on this port, or a firewall rejects the connection.',
    steps: [
      'Compare host and port with those of the Configure steps. Each environment has its own.',
      'Java prints a ConnectException without any text for this cause.',
      'Ask whether a firewall between you and the gateway allows this port.',
    ],
  },
  {
    id: 'timed-out',
    symptom: 'The connection times out',
    says: ['Connection timed out', 'ETIMEDOUT', 'HttpTimeoutException', 'curl: (28)'],
    codes: ['tls_handshake_timeout'],
    meaning: 'No response arrived in time. Most often a firewall drops the packets.',
    steps: [
      'Compare host and port with those of the Configure steps.',
      'Ask your network team to allow outgoing connections to this host and port.',
      'If only some requests time out, the API may be slow: Activity shows whether they arrived.',
    ],
  },
  {
    id: 'no-response',
    symptom: 'The connection is closed without a response',
    says: ['Empty reply from server', 'ECONNRESET', 'socket hang up', 'curl: (52)', 'curl: (35)'],
    codes: ['tls_handshake_reset', 'tls_handshake_failed'],
    meaning: 'The connection was closed before a response was sent, often during the TLS handshake.',
    steps: [
      'Look at Denied requests on the page Activity. The cause is there if the gateway knows that the client is yours.',
      'Check that the private key matches the certificate. Java reports a wrong key as a closed connection.',
      'Some environments close connections of unidentified clients without a response. Send a certificate.',
      'Ask whether a firewall or proxy between you and the gateway closes TLS connections.',
    ],
  },
  {
    id: 'tls-settings',
    symptom: 'Client and gateway share no TLS version, cipher or protocol',
    says: [
      'alert protocol version',
      'alert handshake failure',
      'no application protocol',
      'unsupported protocol',
    ],
    codes: [
      'tls_version_unsupported',
      'tls_cipher_unsupported',
      'tls_group_unsupported',
      'tls_alpn_unsupported',
    ],
    meaning: 'The gateway requires TLS 1.2 or 1.3, and HTTP/2 or HTTP/1.1.',
    steps: [
      'Update the TLS library or the runtime. Old versions do not have TLS 1.2 or its ciphers.',
      'Remove settings that limit TLS versions, ciphers or key exchange groups.',
      'If the program sets ALPN protocols, offer h2 or http/1.1.',
    ],
  },
  {
    id: 'body-cut',
    symptom: 'A request with a large body breaks off',
    says: ['write EPIPE', 'broken pipe', 'GOAWAY received', 'EOF occurred in violation of protocol'],
    codes: [],
    meaning:
      'The gateway denied the request and closed the connection while the client still sent the body, so that the client did not read the response.',
    steps: [
      'Send the same request without a body, or with a small one: the response then says the cause.',
      'Look at Denied requests on the page Activity.',
      'Get the access token with the same connection settings first: that request is small.',
    ],
  },
  {
    id: 'http-proxy',
    symptom: 'A proxy between you and the gateway does not let the connection through',
    says: ['CONNECT tunnel failed', 'tunneling socket could not be established', '407'],
    codes: [],
    meaning: 'The program sends requests through an HTTP proxy, which did not connect it to the gateway.',
    steps: [
      'Look at the proxy settings of the program and the variables HTTPS_PROXY and NO_PROXY.',
      'Ask your network team to allow the host and port of the gateway, without TLS inspection.',
      'A proxy that inspects TLS removes the client certificate.',
    ],
  },
  {
    id: 'proxy-protocol',
    symptom: 'A load balancer puts a PROXY header before the request',
    says: ['PROXY TCP4', 'PROXY protocol'],
    codes: ['proxy_header_unexpected'],
    meaning: 'A program between you and the gateway uses the PROXY protocol, which is not expected here.',
    steps: [
      'Switch the PROXY protocol off for this port in your load balancer or tunnel.',
      'If the balancer is not yours, send its name and the trace ID to the provider, who can accept its header.',
    ],
  },
  {
    id: 'websocket-version',
    symptom: 'A WebSocket is denied with 426',
    says: ['Unexpected server response: 426'],
    codes: ['websocket_version_unsupported'],
    meaning: 'The client asks for another version of the WebSocket protocol than 13 (RFC 6455).',
    steps: ['Use a current WebSocket library, which sends Sec-WebSocket-Version: 13.'],
  },
  {
    id: 'plain-http',
    symptom: 'HTTP meets HTTPS, or the host is another one',
    says: [
      'Received HTTP/0.9 when not allowed',
      'Client sent an HTTP request to an HTTPS server',
      'wrong version number',
    ],
    codes: ['plain_http_on_tls_port', 'wrong_host'],
    meaning: 'One side uses TLS and the other does not, or the request names another host.',
    steps: [
      'Begin the address of the gateway with https.',
      'If https fails with “wrong version number”, the port is not that of the gateway, or a proxy responds in its place. Copy host and port from the Configure steps.',
      'Use the host name of the Configure steps, not an IP address.',
    ],
  },
  {
    id: 'postman',
    symptom: 'The request fails in Postman',
    says: ['Could not get response', 'Could not send request', 'write EPROTO'],
    codes: [],
    meaning: 'Postman sends a certificate only to a host and port that match its entry exactly.',
    steps: [
      'Compare host and port of the entry with those of the Configure steps. Leave https out of the host.',
      'Look in the Postman console (View, Show Postman Console) for the exact error, and paste it here.',
      'Remove the entry and add it again: CRT file and KEY file must both be of this certificate.',
      'Switch CA certificates on and select the CA of the gateway, if it is a private one.',
    ],
  },
  {
    id: 'address-limited',
    symptom: 'Connections are closed immediately, before TLS begins',
    says: ['Connection reset by peer'],
    codes: ['address_limited'],
    meaning: 'This address opened too many connections without an accepted certificate.',
    steps: [
      'Find the client that reconnects again and again: often a program that retries a denied certificate without a pause.',
      'Stop it, or give it a certificate that is accepted. The address is served again some seconds later.',
    ],
  },
  {
    id: 'answer-hidden',
    symptom: 'The program shows only a status such as 403, without a code',
    says: [
      'curl: (22)',
      'Request failed with status code 403',
      '403 Client Error: Forbidden',
      'Missing access token parameter',
    ],
    codes: [],
    meaning: 'The response has a code and a sentence that names the fix, but the program does not print it.',
    steps: [
      'cURL: use --fail-with-body in place of --fail.',
      'axios: print error.response.data. Python: print response.text before raise_for_status().',
      'Java: read getErrorStream(). PHP: set ignore_errors. OAuth libraries: log the response of the token endpoint.',
      'Or look at Denied requests on the page Activity, which has the same code and sentence.',
    ],
  },
]
