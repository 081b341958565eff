import type { HelpCase } from '../help-case.ts'

/** Errors of the API about API credentials, and of reverse proxies that ask the gateway. */
export const apiCredentialCases: HelpCase[] = [
  {
    id: 'credential-terms',
    symptom: 'A restriction of API credentials is not valid',
    says: [],
    codes: ['scope_unknown', 'network_invalid', 'client_name_invalid'],
    meaning: 'A scope, network or certificate value does not exist or has the wrong form.',
    steps: [
      'Use scopes that the environment lists.',
      'Write networks in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32.',
      'Copy the subject or name exactly as the certificate has it.',
    ],
  },
  {
    id: 'api-key',
    symptom: 'The API of the portal does not accept an API key',
    says: ['pst_'],
    codes: [
      'api_key_invalid',
      'api_key_expired',
      'api_key_network',
      'api_key_not_allowed',
      'api_key_with_cookie',
    ],
    meaning:
      'The key is not complete, was deleted, has expired, is used from another network, or may not do what was called.',
    steps: [
      'Send the whole key, from pst_ to its last character, as Authorization: Bearer, and no cookie.',
      'Compare expiry, networks, role and scopes of the key with its entry under Settings, API keys, or API keys of your account.',
      'Rotate a key that has expired. Create another key for another network or scope.',
      'Sign in for what no key may do: members, passwords and API keys themselves.',
    ],
  },
  {
    id: 'api-key-limits',
    symptom: 'An API key cannot be created or rotated',
    says: [],
    codes: ['api_key_limit_reached', 'api_key_secrets_full'],
    meaning:
      'A user has at most 20 keys, an organization 50, and a key has at most two valid secrets at a time.',
    steps: [
      'Delete keys that nothing uses. The list shows when each was last used.',
      'Wait until the older secret has ended, or rotate without an overlap, which ends both.',
    ],
  },
  {
    id: 'calendar-feeds',
    symptom: 'A calendar feed cannot be created',
    says: [],
    codes: ['calendar_feed_limit_reached'],
    meaning: 'The members of an organization have at most 100 calendar feeds.',
    steps: ['Delete feeds that no calendar reads. The list shows when each was last read.'],
  },
  {
    id: 'webhook-terms',
    symptom: 'A webhook cannot be created, changed or used',
    says: [],
    codes: [
      'webhook_url_not_allowed',
      'webhook_limit_reached',
      'webhook_secrets_full',
      'webhook_secret_missing',
      'webhook_disabled',
    ],
    meaning:
      'A webhook needs an https URL with a public address. An organization has at most 10 webhooks, and a webhook at most two valid secrets. A webhook without a valid secret cannot be enabled. A disabled webhook gets no events.',
    steps: [
      'Enter the final URL of the endpoint, with https and without a user or password in it.',
      'Delete webhooks that nothing uses.',
      'Wait until the older secret has ended, or rotate without an overlap, which ends both.',
      'Rotate the secret of a webhook that has none, for example after a restore.',
      'Enable the webhook, then send the event again.',
    ],
  },
  {
    id: 'webhook-certificates',
    symptom: 'A certificate of a webhook cannot be stored or used',
    says: [],
    codes: [
      'webhook_server_ca_unsuitable',
      'webhook_client_certificates_full',
      'webhook_client_certificate_not_ready',
    ],
    meaning:
      'The CA of an endpoint is one to three CA certificates that are valid now. A webhook has at most 4 client certificates. One of your own CA can be used once its chain was entered, and until it expires.',
    steps: [
      'Enter the certificate of the CA that issued the certificate of the endpoint, not that of the endpoint itself.',
      'Retire client certificates that are no longer used.',
      'Have your CA sign the CSR, and enter the certificate with the CAs above it.',
      'If a client certificate has expired, add another one.',
    ],
  },
  {
    id: 'client-key',
    symptom: 'A public key of API credentials was rejected',
    says: ['private_key_jwt'],
    codes: ['client_key_unsuitable'],
    meaning: 'No assertion can be verified with this key.',
    steps: ['Use an EC key on P-256, an RSA key of 2048 bits or more, or an Ed25519 key, as a public JWK.'],
  },
  {
    id: 'credential-kind',
    symptom: 'The secret of API credentials cannot be changed',
    says: [],
    codes: [
      'client_secret_not_allowed',
      'credential_wrong_kind',
      'credential_secrets_full',
      'credential_last_secret',
    ],
    meaning:
      'API credentials authenticate in one way: by secret, by certificate or by public keys. During a rotation they have two secrets.',
    steps: [
      'If the environment does not allow secrets, use a certificate or public keys.',
      'End one of the two secrets before you add another one.',
      'To end the last secret, delete the API credentials.',
    ],
  },
  {
    id: 'authorizer-secret',
    symptom: 'The reverse proxy of the provider is not configured',
    says: [],
    codes: ['authorizer_secret_wrong'],
    meaning:
      'The reverse proxy and Postern do not have the same secret. The cause is on the side of the provider.',
    steps: ['Tell the provider.', 'As the provider, give the reverse proxy the secret that Postern has.'],
  },
]
