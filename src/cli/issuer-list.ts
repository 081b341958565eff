import { createAuthorityStore } from '../authority/authority-store.ts'
import { createIssuerStore } from '../authority/issuer-store.ts'
import { parseCertificate } from '../pki/certificate.ts'
import { formatName } from '../pki/name.ts'
import { withAuthority } from './with-authority.ts'

/** Prints every issuing CA, the newest of each environment first, as a table or as JSON. Gives the exit code. */
export async function issuerList({ json = false }: { json?: boolean }): Promise<number> {
  return withAuthority('issuer-list', {}, async ({ database, now }) => {
    const [authorities, issuers] = [createAuthorityStore(database), createIssuerStore(database)]
    const rows = []
    for (const id of await authorities.listIds()) {
      const issuer = await issuers.find(id)
      if (issuer === undefined || issuer.environment === null) continue
      const { id: signing } = await issuers.getSigning(issuer.environment)
      const { valid } = await authorities.readHoldings(id, now)
      const retiresAt = await issuers.findRetirement(id)
      const { subject, notAfter } = parseCertificate(new Uint8Array(issuer.certificateDer))
      rows.push({
        id,
        environment: issuer.environment,
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
  signs: boolean
  valid: number
  notAfter: string
  retiresAt: string | null
}) =>
  `${row.id}  ${row.environment}  ${row.signs ? 'signs' : 'trusted'}  ${row.valid} valid  until ${row.notAfter.slice(0, 10)}${
    row.retiresAt === null ? '' : `  retires ${row.retiresAt}`
  }\n`
