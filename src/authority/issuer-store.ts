import { PosternError } from '../errors.ts'
import type { IssuerDetails } from '../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../pki/profile/issuer-details.ts'
import type { Database } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

/** A certificate authority: the root, or the issuing CA of an environment. */
export interface Issuer {
  id: string
  kind: 'root' | 'issuing'
  environment: string | null
  parentId: string | null
  certificateDer: Uint8Array
  details: IssuerDetails
}

/** The known details of an external CA. */
export type ExternalIssuer = Pick<Issuer, 'environment' | 'certificateDer'>

const selectSigning = prepareQuery((queries, values: { environment: string }) =>
  queries
    .selectFrom('issuers')
    .select('id')
    .where('kind', '=', 'issuing')
    .where('environment', '=', values.environment)
    .orderBy('created_at', 'desc')
    .limit(1),
)

const selectRetirement = prepareQuery((queries, values: { id: string }) =>
  queries.selectFrom('issuers').select('retires_at').where('id', '=', values.id),
)

/**
 * Creates the store of Postern's own issuers and their chains. An issuer never changes after its creation,
 * except for its retirement date.
 */
export function createIssuerStore({ queries }: Database) {
  const known = new Map<string, Issuer>()

  const find = async (id: string): Promise<Issuer | undefined> => {
    const cached = known.get(id)
    if (cached !== undefined) return cached
    const row = await queries.selectFrom('issuers').selectAll().where('id', '=', id).executeTakeFirst()
    // An external CA.
    if (row === undefined || row.kind === 'foreign') return undefined
    const issuer: Issuer = {
      id: row.id,
      kind: row.kind,
      environment: row.environment,
      parentId: row.parent_id,
      certificateDer: row.certificate_der,
      details: getIssuerDetails(new Uint8Array(row.certificate_der)),
    }
    known.set(id, issuer)
    return issuer
  }

  return {
    find,

    /** Finds an external CA that is or was trusted for an environment. */
    async findExternal(id: string): Promise<ExternalIssuer | undefined> {
      const row = await queries
        .selectFrom('issuers')
        .select(['environment', 'certificate_der'])
        .where('id', '=', id)
        .where('kind', '=', 'foreign')
        .executeTakeFirst()
      return row && { environment: row.environment, certificateDer: row.certificate_der }
    },

    /**
     * Returns the time from which the certificates of an issuer are denied; null if it is not retired. It may
     * change at any time.
     */
    async findRetirement(id: string): Promise<number | null> {
      const [row] = await selectRetirement(queries, { id })
      return row?.retires_at ?? null
    },

    /** Returns the latest root. */
    async findRoot(): Promise<Issuer | undefined> {
      const row = await queries
        .selectFrom('issuers')
        .select('id')
        .where('kind', '=', 'root')
        .orderBy('created_at', 'desc')
        .executeTakeFirst()
      return row && find(row.id)
    },

    /** Returns the issuer that signs new certificates of an environment. Throws `issuer_unavailable`. */
    async getSigning(environment: string): Promise<Issuer> {
      const [row] = await selectSigning(queries, { environment })
      const issuer = row && (await find(row.id))
      if (issuer === undefined) {
        throw new PosternError(
          'issuer_unavailable',
          'This environment has no issuing authority yet. Try again in a moment.',
        )
      }
      return issuer
    },

    /** Returns the issuer and the CAs above it, the root last. */
    async listChain(id: string): Promise<Issuer[]> {
      const chain: Issuer[] = []
      for (let next: string | null = id; next !== null; ) {
        const issuer: Issuer | undefined = await find(next)
        if (issuer === undefined) break
        chain.push(issuer)
        next = issuer.parentId
      }
      return chain
    },

    async listIds(): Promise<string[]> {
      return (await queries.selectFrom('issuers').select('id').execute()).map((row) => row.id)
    },
  }
}

export type IssuerStore = ReturnType<typeof createIssuerStore>
