import type { Environment } from '../config/config.ts'
import { PosternError } from '../errors.ts'
import type { IssuerDetails } from '../pki/profile/certificate-profile.ts'
import type { CertificateNews } from '../shapes/certificate-news.ts'
import type { Email } from '../shapes/email.ts'

/** A certificate authority as certificates see it. */
export interface Issuer {
  id: string
  certificateDer: Uint8Array
  details: IssuerDetails
}

/** The certificate authorities that sign certificates. */
export interface Issuers {
  find(id: string): Promise<Issuer | undefined>
  /** Returns the issuer that signs new certificates of an environment. Throws `issuer_unavailable`. */
  getSigning(environment: string): Promise<Issuer>
  /** Returns the issuer and the CAs above it, the root last. */
  listChain(id: string): Promise<Issuer[]>
  /** Returns an external CA that is or was trusted; undefined if there is none. */
  findExternal(id: string): Promise<{ certificateDer: Uint8Array } | undefined>
  /** Returns the time from which the certificates of an issuer are denied; null if it is not retired. */
  findRetirement(id: string): Promise<number | null>
}

/** The CRL partitions of an issuer. */
export interface Partitions {
  /** Chooses the CRL partition that the next certificate of an issuer names; its CRL is already published. */
  choose(issuerId: string): Promise<{ partition: number; address: string }>
}

/** Composes the emails about certificates. */
export interface CertificateEmails {
  ready(news: CertificateNews, notAfter: number): Email[]
  rejected(news: CertificateNews, reason: string): Email[]
  revoked(news: CertificateNews, by: string): Email[]
  revokedByIssuer(news: CertificateNews, finding: string): Email[]
}

/** The environments by name. */
export type Environments = ReadonlyMap<string, Environment>

/** Returns an environment's policy. Throws `unavailable` if it is no longer configured. */
export function getEnvironment(environments: Environments, name: string): Environment {
  const environment = environments.get(name)
  if (environment !== undefined) return environment
  throw new PosternError(
    'unavailable',
    'The environment of this certificate is not configured any more. Ask the operator.',
  )
}
