import type { Actor } from '../audit/record-audit.ts'
import type { AuthorityView, KeyLocation } from '../contract/authority.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCertificate } from '../pki/certificate.ts'
import { toHex } from '../pki/fingerprint.ts'
import { formatName } from '../pki/name.ts'
import { parsePublicKey } from '../pki/public-key.ts'
import type { AuthorityStore } from './authority-store.ts'
import type { Issuer, IssuerStore } from './issuer-store.ts'
import { type RetireParts, retireIssuer } from './retire-issuer.ts'
import type { RevocationListStore } from './revocation-list-store.ts'

/** What the operators' view of the authorities needs. */
export interface AuthorityRouteParts extends RetireParts {
  authorities: AuthorityStore
  issuers: IssuerStore
  lists: RevocationListStore
  findKeyLocation(issuerId: string): Promise<KeyLocation | undefined>
  /** Where CRLs and issuer certificates are fetched, without a slash at the end. */
  publicationUrl: string
  environments: ReadonlyMap<string, { name: string; label?: string | undefined }>
  /** Makes another issuing CA for an environment, with its CRL. */
  addIssuer(environment: { name: string; label?: string | undefined }, actor: Actor): Promise<void>
}

/** The authorities, for operators. */
export function authorityRoutes(
  parts: AuthorityRouteParts,
): Pick<Handlers, 'listAuthorities' | 'rotateAuthority' | 'retireAuthority'> {
  const list = async () => {
    const items = (await parts.authorities.listIds()).map((id) => presentAuthority(parts, id))
    return { items: (await Promise.all(items)).filter((item) => item !== undefined) }
  }
  return {
    listAuthorities: list,
    async rotateAuthority({ actor, params }) {
      const environment = parts.environments.get(params.environment)
      if (environment === undefined) throw new PosternError('not_found', 'There is no such environment.')
      await parts.addIssuer(environment, actor)
      return list()
    },
    retireAuthority: ({ actor, params, body }) => retireIssuer(parts, actor, params.issuerId, body),
  }
}

async function presentAuthority(parts: AuthorityRouteParts, id: string): Promise<AuthorityView | undefined> {
  const { issuers, lists, authorities, clock, publicationUrl } = parts
  const issuer = await issuers.find(id)
  if (issuer === undefined) return undefined
  const certificate = parseCertificate(new Uint8Array(issuer.certificateDer))
  const list = await lists.find({ issuerId: id, partition: null })
  return {
    id,
    kind: issuer.kind,
    environment: issuer.environment,
    subject: formatName(certificate.subject),
    serialNumber: certificate.serialNumber,
    fingerprintSha256: toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', certificate.der.slice()))),
    key: parsePublicKey(certificate.spki).label,
    keyLocation: (await parts.findKeyLocation(id)) ?? 'offline',
    notBefore: toText(certificate.notBefore),
    notAfter: toText(certificate.notAfter),
    signing: await isSigning(issuers, issuer),
    retiresAt: toTextOrNull(await issuers.findRetirement(id)),
    ...(await authorities.readHoldings(id, clock.now())),
    revocationList: list
      ? {
          number: list.number,
          thisUpdate: toText(list.thisUpdate),
          nextUpdate: toText(list.nextUpdate),
          address: `${publicationUrl}/crl/${id}.crl`,
        }
      : null,
    certificateAddress: `${publicationUrl}/issuers/${id}.cer`,
  }
}

async function isSigning(issuers: IssuerStore, { id, environment }: Issuer): Promise<boolean> {
  return environment !== null && (await issuers.getSigning(environment)).id === id
}

const toText = (moment: number) => new Date(moment).toISOString()
const toTextOrNull = (moment: number | null) => (moment === null ? null : toText(moment))
