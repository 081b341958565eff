import { z } from 'zod'
import { TraceId } from './common.ts'
import { enforcementModes } from './enforcement-policy.ts'

const text = (description: string) => z.string().meta({ description })
const seconds = (description: string) => z.number().int().meta({ description })

/** How a client that has no Authorization header authenticates (RFC 6749, 2.3.1; RFC 7523, 2.2; RFC 8705, 2.1). */
const authentication = {
  client_id: text('The client ID, unless the Authorization header or the assertion names it.').optional(),
  client_secret: text('The client secret (client_secret_post). Not with profile fapi2.').optional(),
  client_assertion_type: text('`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`').optional(),
  client_assertion: text('A signed JWT of the client (private_key_jwt, RFC 7523).').optional(),
}
const token = text('The access token.')
const requested = {
  scope: text('Scopes with one blank between two. All of the credentials if it is left out.').optional(),
  resource: text('The address of the gateway (RFC 8707): tokens are for it alone.').optional(),
}

export const TokenForm = z
  .looseObject({ grant_type: z.literal('client_credentials'), ...requested, ...authentication })
  .meta({ id: 'TokenForm' })

/** With the client ID in the path the grant need not be named. */
export const TokenOfClientForm = z
  .looseObject({ grant_type: z.literal('client_credentials').optional(), ...requested, ...authentication })
  .meta({ id: 'TokenOfClientForm' })

export const TokenParameterForm = z
  .looseObject({
    token,
    token_type_hint: text('Ignored: there are access tokens alone.').optional(),
    ...authentication,
  })
  .meta({ id: 'TokenParameterForm' })

export const TokenAnswer = z
  .object({
    access_token: text('A JWT (RFC 9068), bound to the client certificate (RFC 8705, section 3).'),
    token_type: z.literal('Bearer'),
    expires_in: seconds('Lifetime in seconds, at most until the certificate expires.'),
    scope: text('The granted scopes; left out if there are none.').optional(),
  })
  .meta({ id: 'TokenAnswer' })

export const Introspection = z
  .object({
    active: z.boolean().meta({
      description:
        'Whether a call with the token would be allowed now. If false, there are no other members.',
    }),
    token_type: z.literal('Bearer').optional(),
    iss: text('The address of the gateway that issued the token.').optional(),
    aud: text('The address of the gateway that accepts it.').optional(),
    sub: text('The client ID.').optional(),
    client_id: text('The client ID.').optional(),
    jti: text('The ID of the token.').optional(),
    iat: seconds('When it was issued, seconds since 1970.').optional(),
    exp: seconds('When it expires, seconds since 1970.').optional(),
    scope: text('What the API credentials may do now.').optional(),
    cnf: z
      .object({ 'x5t#S256': text('SHA-256 of the certificate, base64url.') })
      .optional()
      .meta({ description: 'The certificate that the token is bound to.' }),
  })
  .meta({ id: 'Introspection' })

export const RevocationAnswer = z
  .object({})
  .meta({ id: 'RevocationAnswer', description: 'Empty, also for a token that is not valid (RFC 7009, 2.2).' })

/** Statements about a certificate, as the client presented it. */
const presented = {
  subject: text('Its subject (RFC 4514).'),
  issuer: text('Its issuer (RFC 4514).'),
  serialNumber: text('Its serial number, hexadecimal.'),
  fingerprintSha256: text('SHA-256 of the certificate, hexadecimal.'),
  notBefore: text('RFC 3339, UTC.'),
  notAfter: text('RFC 3339, UTC.'),
}

const denialCode = z.string().meta({
  description:
    'The stable code of the cause: branch on it. The list grows; treat unknown codes by the status.',
  example: 'certificate_revoked',
})

/** The members that every error of the gateway has (RFC 9457). */
const problem = {
  type: text('The address of the page about the code.'),
  title: text('The kind of the problem.'),
  status: z.number().int().meta({ description: 'The HTTP status.' }),
  code: denialCode,
  detail: text('What happened, and what to do: for a person.'),
  traceId: TraceId,
  presented: z
    .object(presented)
    .optional()
    .meta({ description: 'The certificate that was denied, as the gateway received it.' }),
}

export const GatewayProblem = z.object(problem).meta({ id: 'GatewayProblem' })

export const OAuthProblem = z
  .object({
    error: text('The error of RFC 6749, section 5.2: `invalid_client` for a denied certificate.'),
    error_description: text(
      '`detail` in ASCII, then code and trace ID: OAuth libraries show this text alone.',
    ),
    error_uri: text('The same as `type`.'),
    ...problem,
  })
  .meta({ id: 'OAuthProblem' })

const denied = { code: denialCode, detail: text('What to do.') }

export const Whoami = z
  .object({
    environment: text('The environment of this gateway.'),
    certificate: z
      .object({
        id: text('Its ID in the portal.'),
        name: text('Its name in the portal.'),
        ...presented,
        thumbprint: text('SHA-256 of the certificate, base64url, as in `cnf` of a token.'),
        daysLeft: z.number().int(),
        acceptedUntil: text(
          'When it stops being accepted, RFC 3339, UTC: its `notAfter`, or the earlier retirement of its issuer or end of a migration from another CA.',
        ),
        expiring: z.boolean().meta({
          description:
            'Whether answers have `Postern-Certificate-Expires`: from 30 days before that time, unless it is replaced.',
        }),
        replaced: z.boolean().meta({ description: 'Whether a replacement of it has been accepted.' }),
      })
      .nullable()
      .meta({ description: 'The accepted certificate; null if the client may call without one.' }),
    enforcement: z.object({
      mode: z.enum(enforcementModes).meta({ description: 'Whether the organization needs certificates.' }),
      wouldBeDenied: z
        .object(denied)
        .nullable()
        .meta({ description: 'Why the client would be denied if it needed a certificate.' }),
    }),
    organization: z.object({ slug: z.string(), legalName: z.string() }).nullable(),
    credentials: z
      .array(z.object({ clientId: z.string(), name: z.string() }))
      .meta({ description: 'API credentials that can be used with the certificate, at most 20.' }),
    tls: z.object({ version: z.string(), cipher: z.string(), resumed: z.boolean() }),
    client: z.object({ address: z.string(), httpVersion: z.string() }),
    token: z
      .object({
        accepted: z.boolean(),
        clientId: z.string().optional(),
        scope: z.string().optional(),
        expiresAt: text('RFC 3339, UTC.').optional(),
        boundTo: text('SHA-256 of the certificate, base64url; null if unbound.').nullable().optional(),
        code: denialCode.optional(),
        detail: text('Why it is not accepted.').optional(),
      })
      .nullable()
      .meta({ description: 'The access token of the request; null if there is none.' }),
    clock: z.object({
      gateway: text('RFC 3339, UTC.'),
      client: text('The `Date` of the request, RFC 3339.').nullable(),
      differenceSeconds: z.number().int().nullable(),
    }),
    traceId: TraceId,
  })
  .meta({ id: 'Whoami' })

const listed = z.array(z.string())

export const AuthorizationServerMetadata = z
  .object({
    issuer: z.string(),
    token_endpoint: z.string(),
    introspection_endpoint: z.string(),
    revocation_endpoint: z.string(),
    jwks_uri: z.string(),
    scopes_supported: listed.optional(),
    response_types_supported: listed,
    grant_types_supported: listed,
    token_endpoint_auth_methods_supported: listed,
    token_endpoint_auth_signing_alg_values_supported: listed,
    introspection_endpoint_auth_methods_supported: listed,
    introspection_endpoint_auth_signing_alg_values_supported: listed,
    revocation_endpoint_auth_methods_supported: listed,
    revocation_endpoint_auth_signing_alg_values_supported: listed,
    tls_client_certificate_bound_access_tokens: z.boolean(),
    mtls_endpoint_aliases: z.record(z.string(), z.string()),
  })
  .meta({ id: 'AuthorizationServerMetadata' })

export const KeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        kid: z.string(),
        alg: z.string(),
        use: z.literal('sig'),
        crv: z.string().optional(),
        x: z.string().optional(),
        y: z.string().optional(),
        n: z.string().optional(),
        e: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'KeySet' })

export const ProofAnswer = z
  .object({ status: z.literal('seen'), detail: text('What to do next.') })
  .meta({ id: 'ProofAnswer' })
