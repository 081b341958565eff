import { z } from 'zod'
import type { DenialCode } from './denial-codes.ts'
import { gatewayPaths } from './gateway-paths.ts'
import {
  AuthorizationServerMetadata,
  Introspection,
  KeySet,
  ProofAnswer,
  RevocationAnswer,
  TokenAnswer,
  TokenForm,
  TokenOfClientForm,
  TokenParameterForm,
  Whoami,
} from './gateway-schemas.ts'
import { formatChallengeFile } from './registration.ts'

/** What a client has to show, as the security schemes of the document. */
type Shown = 'client' | 'client-by-path' | 'certificate-or-token' | 'certificate' | 'nothing'

/** One operation that a gateway answers itself. */
export interface GatewayOperation {
  id: string
  summary: string
  description: string
  tag: 'tokens' | 'discovery' | 'clients'
  method: 'GET' | 'POST'
  path: (typeof gatewayPaths)[keyof typeof gatewayPaths]
  shows: Shown
  /** Bodies by media type, with an example of each. */
  body?: { required: boolean; content: Record<string, { schema: z.ZodType; example: unknown }> }
  reply: { status: 200 | 202; schema: z.ZodType; example: unknown }
  /** Codes by status, in addition to those of every operation. */
  errors: Readonly<Record<number, readonly DenialCode[]>>
  /** Whether errors have the members of RFC 6749, section 5.2. */
  isOAuth: boolean
  /** Whether an environment has it only if it accepts certificates from external CAs. */
  needsExternalCertificates?: boolean
}

const form = 'application/x-www-form-urlencoded'

/** What a denied certificate can be answered with. */
const certificateCodes = [
  'certificate_missing',
  'certificate_malformed',
  'certificate_weak',
  'certificate_wrong_purpose',
  'certificate_issuer_unknown',
  'certificate_chain_incomplete',
  'certificate_chain_invalid',
  'certificate_not_registered',
  'certificate_wrong_environment',
  'certificate_not_yet_valid',
  'certificate_expired',
  'certificate_revoked',
  'certificate_issuer_retired',
  'external_certificate_ended',
  'external_status_unavailable',
] as const satisfies DenialCode[]
const clientErrors = {
  400: ['bad_request', 'body_too_large', 'organization_suspended', 'organization_closed'],
  401: [
    ...certificateCodes,
    'client_authentication_failed',
    'client_id_placeholder',
    'client_secret_placeholder',
  ],
  429: [
    'too_many_requests',
    'organization_rate_limited',
    'organization_concurrency_limited',
    'certificate_concurrency_limited',
  ],
  503: ['certificate_state_unknown', 'storage_unavailable', 'unavailable'],
} as const satisfies Record<number, readonly DenialCode[]>
const tokenErrors = {
  ...clientErrors,
  400: [...clientErrors[400], 'scope_unknown', 'target_unknown'],
} as const

const issued = {
  access_token: 'eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 900,
  scope: 'payments:read payments:write',
} as const

const tokenReply = { status: 200, schema: TokenAnswer, example: issued } as const
const grant = { grant_type: 'client_credentials', scope: 'payments:read' }
const ofClient = {
  required: false,
  content: {
    [form]: { schema: TokenOfClientForm, example: { scope: 'payments:read' } },
    'application/json': { schema: TokenOfClientForm, example: { scope: 'payments:read' } },
  },
}

const challengeFile = formatChallengeFile({
  registrationId: 'reg_01k9m1v0c6x2fq8t7e5s3r4w9z',
  ...{ organization: 'acme', environment: 'production' },
  fingerprintSha256: '6f070ad1eb1cdc0082dc307663bfe511f51713ca3d96d734e4ef3d8dd37e760d',
  challenge: 'hq0T5h0Xr4o8m2b7zq1yV9c3kJw6uLsE-dN_fGaPiRt',
})

/** Every operation of a gateway: its document is generated from this table, and its addresses are those of it. */
export const gatewayOperations: readonly GatewayOperation[] = [
  {
    id: 'issueToken',
    tag: 'tokens',
    method: 'POST',
    path: gatewayPaths.token,
    summary: 'Get an access token',
    description:
      'Client credentials grant (RFC 6749, section 4.4). The token is bound to the client certificate of the connection.',
    shows: 'client',
    body: { required: true, content: { [form]: { schema: TokenForm, example: grant } } },
    reply: tokenReply,
    errors: tokenErrors,
    isOAuth: true,
  },
  {
    id: 'issueTokenOfClient',
    tag: 'tokens',
    method: 'POST',
    path: gatewayPaths.tokenOfClient,
    summary: 'Get an access token, with the client ID in the path',
    description:
      'As `issueToken`. The body may be empty, and a client secret may be in `x-api-key` where the profile of the environment allows secrets.',
    shows: 'client-by-path',
    body: ofClient,
    reply: tokenReply,
    errors: tokenErrors,
    isOAuth: true,
  },
  {
    id: 'issueTokenOfClientBelowAuth',
    tag: 'tokens',
    method: 'POST',
    path: gatewayPaths.tokenOfClientBelowAuth,
    summary: 'Get an access token, as Postman does',
    description: 'The same as `issueTokenOfClient`, at the address that the Postman collection uses.',
    shows: 'client-by-path',
    body: ofClient,
    reply: tokenReply,
    errors: tokenErrors,
    isOAuth: true,
  },
  {
    id: 'introspectToken',
    tag: 'tokens',
    method: 'POST',
    path: gatewayPaths.introspect,
    summary: 'Ask whether a token is valid',
    description:
      'RFC 7662, for tokens of the organization of the client. Of any other token the answer is `{"active":false}`.',
    shows: 'client',
    body: {
      required: true,
      content: { [form]: { schema: TokenParameterForm, example: { token: issued.access_token } } },
    },
    reply: {
      status: 200,
      schema: Introspection,
      example: {
        active: true,
        token_type: 'Bearer',
        ...{ iss: 'https://api.provider.example:8443', aud: 'https://api.provider.example:8443' },
        ...{ sub: 'acme-x7', client_id: 'acme-x7', jti: 'm7Vd0w2bq1fXQ5gqfG4d2A' },
        ...{ iat: 1767225600, exp: 1767226500, scope: 'payments:read' },
        cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
      },
    },
    errors: clientErrors,
    isOAuth: true,
  },
  {
    id: 'revokeToken',
    tag: 'tokens',
    method: 'POST',
    path: gatewayPaths.revoke,
    summary: 'Revoke a token',
    description:
      'RFC 7009, for the client that the token was issued to. Effective immediately at every gateway.',
    shows: 'client',
    body: {
      required: true,
      content: { [form]: { schema: TokenParameterForm, example: { token: issued.access_token } } },
    },
    reply: { status: 200, schema: RevocationAnswer, example: {} },
    errors: clientErrors,
    isOAuth: true,
  },
  {
    id: 'getWhoami',
    tag: 'clients',
    method: 'GET',
    path: gatewayPaths.whoami,
    summary: 'Ask what the gateway knows about the client',
    description:
      'Needs an accepted certificate, or an access token where certificates are not required. With a certificate, a token is optional and is described in the answer.',
    shows: 'certificate-or-token',
    reply: {
      status: 200,
      schema: Whoami,
      example: {
        environment: 'production',
        certificate: {
          ...{ id: 'cert_01k9m1v0c6x2fq8t7e5s3r4w9z', name: 'acme-0001' },
          ...{ subject: 'CN=acme-0001,O=Acme Payments Ltd,C=GB', issuer: 'CN=Postern production 1' },
          serialNumber: '1f00c4b3a29d8e77665544332211aabb',
          fingerprintSha256: '6f070ad1eb1cdc0082dc307663bfe511f51713ca3d96d734e4ef3d8dd37e760d',
          ...{ notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
          ...{ thumbprint: 'bwcK0esc3ACC3DB2Y7_lEfUXE8o9ltc05O89jdN-dg0', daysLeft: 212 },
          acceptedUntil: '2027-01-01T00:00:00.000Z',
          ...{ expiring: false, replaced: false },
        },
        enforcement: { mode: 'enforce', wouldBeDenied: null },
        organization: { slug: 'acme', legalName: 'Acme Payments Ltd' },
        credentials: [{ clientId: 'acme-x7', name: 'Checkout' }],
        tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', resumed: false },
        client: { address: '192.0.2.7', httpVersion: '1.1' },
        token: null,
        clock: { gateway: '2026-06-03T12:00:00.000Z', client: null, differenceSeconds: null },
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
    },
    errors: {
      401: [
        'token_missing',
        'token_invalid',
        'token_expired',
        'token_not_yet_valid',
        'token_revoked',
        'token_certificate_mismatch',
      ],
      403: [...certificateCodes, 'organization_suspended', 'organization_closed'],
      429: clientErrors[429],
      503: ['certificate_state_unknown'],
    },
    isOAuth: false,
  },
  {
    id: 'getMetadata',
    tag: 'discovery',
    method: 'GET',
    path: gatewayPaths.metadata,
    summary: 'Get the metadata of the authorization server',
    description: 'RFC 8414. Needs no certificate.',
    shows: 'nothing',
    reply: {
      status: 200,
      schema: AuthorizationServerMetadata,
      example: {
        issuer: 'https://api.provider.example:8443',
        token_endpoint: 'https://api.provider.example:8443/token',
        introspection_endpoint: 'https://api.provider.example:8443/introspect',
        revocation_endpoint: 'https://api.provider.example:8443/revoke',
        jwks_uri: 'https://api.provider.example:8443/jwks.json',
        scopes_supported: ['payments:read', 'payments:write'],
        response_types_supported: [],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
        token_endpoint_auth_signing_alg_values_supported: ['ES256'],
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
        introspection_endpoint_auth_signing_alg_values_supported: ['ES256'],
        revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
        revocation_endpoint_auth_signing_alg_values_supported: ['ES256'],
        tls_client_certificate_bound_access_tokens: true,
        mtls_endpoint_aliases: { token_endpoint: 'https://api.provider.example:8443/token' },
      },
    },
    errors: {},
    isOAuth: false,
  },
  {
    id: 'getKeys',
    tag: 'discovery',
    method: 'GET',
    path: gatewayPaths.keys,
    summary: 'Get the keys that sign access tokens',
    description: 'RFC 7517. Needs no certificate.',
    shows: 'nothing',
    reply: {
      status: 200,
      schema: KeySet,
      example: {
        keys: [
          {
            ...{ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256', kid: 'tsk_01k9m1v0c6x2fq8t7e5s3r4w9z' },
            x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
            y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
          },
        ],
      },
    },
    errors: {},
    isOAuth: false,
  },
  {
    id: 'proveRegistration',
    tag: 'clients',
    method: 'POST',
    path: gatewayPaths.registrations,
    summary: 'Prove possession of the key of an externally issued certificate',
    description:
      'Send the statement of a registration from the portal, unchanged, over a connection with the certificate that is registered. The portal shows the result.',
    shows: 'certificate',
    needsExternalCertificates: true,
    body: {
      required: true,
      content: {
        'text/plain': { schema: z.string(), example: challengeFile },
      },
    },
    reply: {
      status: 202,
      schema: ProofAnswer,
      example: { status: 'seen', detail: 'The gateway has seen the certificate and its key.' },
    },
    errors: { 400: ['proof_invalid'], 403: certificateCodes },
    isOAuth: false,
  },
]
