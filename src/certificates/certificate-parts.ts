import type { Environment } from '../config/config.ts'
import { PosternError } from '../errors.ts'
import type { IssuerFacts } from '../pki/profile/certificate-profile.ts'
import type { CertificateNews } from '../shapes/certificate-news.ts'
import type { Letter } from '../shapes/letter.ts'

/** An authority as certificates see it. */
export interface Issuer {
  id: string
  certificateDer: Uint8Array
  facts: IssuerFacts
}

/** The authorities that sign certificates. */
export interface Issuers {
  find(id: string): Promise<Issuer | undefined>
  /** The issuer that signs new certificates of an environment. Throws `issuer_unavailable`. */
  getSigning(environment: string): Promise<Issuer>
  /** The issuer and those above it, the root last. */
  listChain(id: string): Promise<Issuer[]>
  /** An authority of somebody else that is trusted, or was. */
  findForeign(id: string): Promise<{ certificateDer: Uint8Array } | undefined>
  /** From when on the certificates of an issuer are refused; null where never. */
  findRetirement(id: string): Promise<number | null>
}

/** The lists that revocations are published on. */
export interface Partitions {
  /** The list that the next certificate of an issuer is to name; it is published already. */
  choose(issuerId: string): Promise<{ partition: number; address: string }>
}

/** Words the letters about certificates. */
export interface CertificateLetters {
  ready(news: CertificateNews, notAfter: number): Letter[]
  rejected(news: CertificateNews, reason: string): Letter[]
  revoked(news: CertificateNews, by: string): Letter[]
}

/** The environments by name. */
export type Environments = ReadonlyMap<string, Environment>

/** An environment's policy. Throws `unavailable` where it is no longer configured. */
export function getEnvironment(environments: Environments, name: string): Environment {
  const environment = environments.get(name)
  if (environment !== undefined) return environment
  throw new PosternError(
    'unavailable',
    'The environment of this certificate is not configured any more. Ask the operator.',
  )
}
