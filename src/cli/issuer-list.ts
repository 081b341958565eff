import { createAuthorityStore } from '../authority/authority-store.ts'
import { createIssuerStore } from '../authority/issuer-store.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { formatName } from '../pki/name/name.ts'
import { withAuthority } from './with-authority.ts'

/**
 * Prints every issuing CA, the latest of each environment first, as a table or as JSON. Returns the exit
 * code.
 */
export async function issuerList({ json = false }: { json?: boolean }): Promise<number> {
  return withAuthority('issuer-list', {}, async ({ database, now }) => {
    const authorities = createAuthorityStore(database)
    const issuers = createIssuerStore(database)
    const rows = []
    for (const id of await authorities.listIds()) {
      const own = await issuers.find(id)
      const issuer = own ?? (await issuers.findExternal(id))
      if (!issuer?.environment) continue
      const { environment } = issuer
      const { subject, notAfter } = parseCertificate(new Uint8Array(issuer.certificateDer))
      const signing = own && (await issuers.getSigning(environment)).id
      const { validCertificates: valid } = await authorities.readHoldings(id, now)
      const retiresAt = await issuers.findRetirement(id)
      rows.push({
        id,
        environment,
        kind: own ? 'own' : 'external',
        subject: formatName(subject),
        signs: id === signing,
        valid,
        notAfter: new Date(notAfter).toISOString(),
        retiresAt: retiresAt === null ? null : new Date(retiresAt).toISOString(),
      })
    }
    process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : rows.map(toLine).join(''))
    return 0
  })
}

const toLine = (row: {
  id: string
  environment: string
  kind: string
  signs: boolean
  valid: number
  notAfter: string
  retiresAt: string | null
}) =>
  `${row.id}  ${row.environment}  ${row.signs ? 'signs' : row.kind === 'own' ? 'trusted' : 'trusted, external'}  ${row.valid} valid  until ${row.notAfter.slice(0, 10)}${
    row.retiresAt === null ? '' : `  retires ${row.retiresAt}`
  }\n`
