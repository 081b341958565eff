import type { Issuer, IssuerStore } from './issuer-store.ts'

/** Returns the issuing CAs whose certificates may still be valid at `now`: those that need CRLs and OCSP responders. */
export async function listIssuing(
  issuers: Pick<IssuerStore, 'find' | 'listIds'>,
  now: number,
): Promise<Issuer[]> {
  const all = await Promise.all((await issuers.listIds()).map(issuers.find))
  return all.filter((one) => one?.kind === 'issuing' && now < one.details.notAfter) as Issuer[]
}
