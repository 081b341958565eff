import { z } from 'zod'
import { externalCertificateNames, keyKindNames } from './enum-names.ts'

/** How an environment turns a submitted CSR into a certificate. */
export const issuanceModes = ['automatic', 'asynchronous', 'approval'] as const

/** The purposes of externally issued certificates, by their extended key usage (RFC 5280, section 4.2.1.12). */
export const certificatePurposes = [
  'client_auth',
  'client_and_server_auth',
  'server_auth',
  'any_or_none',
] as const
export type CertificatePurpose = (typeof certificatePurposes)[number]

/** Which externally issued certificates an environment accepts; each value includes those before it. */
export const externalCertificatePolicies = ['off', 'trusted-issuers', 'pinned'] as const
export type ExternalCertificatePolicy = (typeof externalCertificatePolicies)[number]

/** What holds while another CA does not say whether its certificates are revoked. */
export const externalStatusModes = ['soft', 'hard', 'off'] as const

/** The rules that the API clients of an environment follow: OAuth 2.0, or the FAPI 2.0 Security Profile. */
export const profiles = ['oauth2', 'fapi2'] as const
export type Profile = (typeof profiles)[number]

/** The algorithms that can sign access tokens; FAPI 2.0, section 5.4.1 allows all but RS256. */
export const tokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

/** The kinds of keys that a policy can allow. */
export const keyKinds = [
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
] as const

const ScopeView = z.object({ name: z.string(), description: z.string() })

/** The private CA of a gateway's own certificate, as a file for a client to trust. */
const ServerCa = z
  .object({
    fileName: z.string().meta({ description: 'The name of the file in commands and packages.' }),
    pem: z.string().meta({ description: 'One certificate in PEM, or several.' }),
  })
  .meta({ id: 'ServerCa' })

export const EnvironmentView = z
  .object({
    name: z.string(),
    label: z.string(),
    live: z
      .boolean()
      .meta({ description: 'Whether real money moves here; drawn solid, the others striped.' }),
    gatewayUrl: z.string(),
    gatewayHost: z.string(),
    gatewayPort: z.number().int(),
    tokenUrl: z.string(),
    profile: z.enum(profiles).meta({
      description: 'Which rules API clients follow; `fapi2` knows no client secrets.',
    }),
    issuanceMode: z.enum(issuanceModes),
    allowedKeys: z.array(z.enum(keyKindNames.names)),
    validityDays: z.number().int(),
    sameKeyRenewal: z.boolean().meta({
      description: 'Whether the replacement of a certificate may have the same key.',
    }),
    externalCertificates: z.enum(externalCertificateNames.names).meta({
      description: 'Which certificates of other authorities can be registered here.',
    }),
    scopes: z.array(ScopeView),
    serverCa: ServerCa.nullable().meta({
      description: 'Null if programs know the CA of the gateway’s own certificate, as a public one.',
    }),
  })
  .meta({ id: 'Environment' })
export type EnvironmentView = z.output<typeof EnvironmentView>
