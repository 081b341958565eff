import type { AuthorityUse, AuthorityView, KeyLocation } from '../contract/authority.ts'
import type { ExternalCertificatePolicy } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { toHex } from '../pki/der/fingerprint.ts'
import { parsePublicKey } from '../pki/key/public-key.ts'
import { formatName } from '../pki/name/name.ts'
import { toPem } from '../pki/text/pem.ts'
import type { Actor } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import type { AuthorityStore } from './authority-store.ts'
import type { ExternalIssuerStore } from './external-issuer-store.ts'
import type { ExternalIssuer, Issuer, IssuerStore } from './issuer-store.ts'
import { type RetireDependencies, retireIssuer } from './retire-issuer.ts'
import type { RevocationListStore } from './revocation-list-store.ts'
import { trustIssuer } from './trust-issuer.ts'

/** The dependencies of the operators' view of the certificate authorities. */
export interface AuthorityRouteDependencies extends RetireDependencies {
  authorities: AuthorityStore
  issuers: IssuerStore
  external: ExternalIssuerStore
  lists: RevocationListStore
  findKeyLocation(issuerId: string): Promise<KeyLocation | undefined>
  /** The base URL of CRLs and issuer certificates, without a trailing slash. */
  publicationUrl: string
  environments: ReadonlyMap<string, NamedEnvironment & { externalCertificates: ExternalCertificatePolicy }>
  /** Creates another issuing CA for an environment, with its CRL, and returns its ID. */
  addIssuer(environment: NamedEnvironment, actor: Actor): Promise<string>
}

interface NamedEnvironment {
  name: string
  label?: string | undefined
}

/** Returns the handlers for certificate authorities, for operators. */
export function authorityRoutes(
  dependencies: AuthorityRouteDependencies,
): Pick<
  Handlers,
  | 'listCertificateAuthorities'
  | 'listCertificateAuthorityUse'
  | 'getCertificateAuthority'
  | 'rotateCertificateAuthority'
  | 'trustIssuer'
  | 'retireCertificateAuthority'
> {
  const list = async () => {
    const items = (await dependencies.authorities.listIds()).map((id) => toAuthorityView(dependencies, id))
    return { items: (await Promise.all(items)).filter((item) => item !== undefined) }
  }
  const get = async (id: string) => {
    const found = await toAuthorityView(dependencies, id)
    if (found === undefined) throw new PosternError('not_found', 'There is no such certificate authority.')
    return found
  }
  return {
    listCertificateAuthorities: list,
    async listCertificateAuthorityUse() {
      const ids = await dependencies.authorities.listIds()
      return { items: await Promise.all(ids.map((id) => readUse(dependencies, id))) }
    },
    getCertificateAuthority: ({ params }) => get(params.issuerId),
    async rotateCertificateAuthority({ actor, params }) {
      return get(await dependencies.addIssuer(getEnvironment(dependencies, params.environment), actor))
    },
    async trustIssuer({ actor, params, body }) {
      const environment = getEnvironment(dependencies, params.environment)
      return get(await trustIssuer(dependencies, actor, environment, body.certificate))
    },
    retireCertificateAuthority: ({ actor, params, body }) =>
      retireIssuer(dependencies, actor, params.issuerId, body),
  }
}

function getEnvironment({ environments }: AuthorityRouteDependencies, name: string) {
  const environment = environments.get(name)
  if (environment !== undefined) return environment
  throw new PosternError('not_found', 'There is no such environment.')
}

async function toAuthorityView(
  dependencies: AuthorityRouteDependencies,
  id: string,
): Promise<AuthorityView | undefined> {
  const own = await dependencies.issuers.find(id)
  const issuer = own ?? (await dependencies.issuers.findExternal(id))
  if (issuer === undefined) return undefined
  const certificate = parseCertificate(new Uint8Array(issuer.certificateDer))
  return {
    id,
    subject: formatName(certificate.subject),
    serialNumber: certificate.serialNumber,
    fingerprintSha256: toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', certificate.der.slice()))),
    keyAlgorithm: parsePublicKey(certificate.spki).label,
    notBefore: toText(certificate.notBefore),
    notAfter: toText(certificate.notAfter),
    retiresAt: toText(await dependencies.issuers.findRetirement(id)),
    pem: toPem('CERTIFICATE', certificate.der),
    ...(own ? await toOwnAuthorityView(dependencies, own) : toExternalView(issuer)),
  }
}

async function readUse(
  { authorities, lists, clock }: AuthorityRouteDependencies,
  issuerId: string,
): Promise<AuthorityUse> {
  const list = await lists.find({ issuerId, partition: null })
  return {
    issuerId,
    ...(await authorities.readHoldings(issuerId, clock.now())),
    revocationList: list
      ? { number: list.number, thisUpdate: toText(list.thisUpdate), nextUpdate: toText(list.nextUpdate) }
      : null,
  }
}

/** The details that differ between our own CAs and external ones. */
type OwnAuthorityDetails = Pick<
  AuthorityView,
  'kind' | 'environment' | 'keyLocation' | 'signsNewCertificates' | 'revocationListUrl' | 'certificateUrl'
>

async function toOwnAuthorityView(
  dependencies: AuthorityRouteDependencies,
  issuer: Issuer,
): Promise<OwnAuthorityDetails> {
  const { issuers, publicationUrl } = dependencies
  const { id, kind, environment } = issuer
  return {
    ...{ kind, environment },
    keyLocation: (await dependencies.findKeyLocation(id)) ?? 'offline',
    signsNewCertificates: await isSigning(issuers, issuer),
    revocationListUrl: `${publicationUrl}/crl/${id}.crl`,
    certificateUrl: `${publicationUrl}/issuers/${id}.cer`,
  }
}

/** Returns the details of an external CA, which signs nothing here and publishes elsewhere. */
const toExternalView = ({ environment }: ExternalIssuer): OwnAuthorityDetails => ({
  ...{ kind: 'external', environment, signsNewCertificates: false },
  ...{ keyLocation: null, revocationListUrl: null, certificateUrl: null },
})

async function isSigning(issuers: IssuerStore, { id, environment }: Issuer): Promise<boolean> {
  return environment !== null && (await issuers.getSigning(environment)).id === id
}
