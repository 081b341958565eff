import { createAuthorityStore } from '../authority/authority-store.ts'
import { createForeignIssuerStore } from '../authority/foreign-issuer-store.ts'
import { createIssuerStore, type Issuer } from '../authority/issuer-store.ts'
import { parseCertificate } from '../pki/certificate.ts'
import { formatName } from '../pki/name.ts'
import { withAuthority } from './with-authority.ts'

/** Prints every issuing CA, the newest of each environment first, as a table or as JSON. Gives the exit code. */
export async function issuerList({ json = false }: { json?: boolean }): Promise<number> {
  return withAuthority('issuer-list', {}, async ({ database, now }) => {
    const authorities = createAuthorityStore(database)
    const issuers = createIssuerStore(database)
    const foreign = createForeignIssuerStore(database)
    const rows = []
    for (const id of await authorities.listIds()) {
      const own = await issuers.find(id)
      const { environment, parsed } = (own && readOwn(own)) ?? (await foreign.find(id)) ?? {}
      if (!environment || !parsed) continue
      const signing = own && (await issuers.getSigning(environment)).id
      const { valid } = await authorities.readHoldings(id, now)
      const retiresAt = await issuers.findRetirement(id)
      rows.push({
        id,
        environment,
        kind: own ? 'own' : 'foreign',
        subject: formatName(parsed.subject),
        signs: id === signing,
        valid,
        notAfter: new Date(parsed.notAfter).toISOString(),
        retiresAt: retiresAt === null ? null : new Date(retiresAt).toISOString(),
      })
    }
    process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : rows.map(toLine).join(''))
    return 0
  })
}

const readOwn = ({ environment, certificateDer }: Issuer) => ({
  environment,
  parsed: parseCertificate(new Uint8Array(certificateDer)),
})

const toLine = (row: {
  id: string
  environment: string
  kind: string
  signs: boolean
  valid: number
  notAfter: string
  retiresAt: string | null
}) =>
  `${row.id}  ${row.environment}  ${row.signs ? 'signs' : row.kind === 'own' ? 'trusted' : 'trusted, foreign'}  ${row.valid} valid  until ${row.notAfter.slice(0, 10)}${
    row.retiresAt === null ? '' : `  retires ${row.retiresAt}`
  }\n`
