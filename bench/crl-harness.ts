import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RevocationReason } from '../src/pki/status/revocation-reason.ts'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { openSqliteFile } from '../src/storage/node-sqlite.ts'
import { createCertificateHarness } from '../test/support/certificate-harness.ts'
import { openToolFolder } from '../test/support/tool-folder.ts'

const partitionSize = 10_000
const reasons: RevocationReason[] = ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation']

/** SQL for the unique columns of each copied certificate; `i` numbers them. */
const own: Record<string, string> = {
  id: "'crt_' || i",
  number: 'i + 10',
  name: "'acme-' || i",
  status: "'revoked'",
  spki_sha256: 'null',
  serial_number: "'4' || substr(lower(hex(randomblob(17))), 2)",
  fingerprint_sha256: 'lower(hex(randomblob(32)))',
  crl_partition: `1 + i / ${partitionSize}`,
  revoked_at: 'cast(:now as integer) - (:count - i) * 1000',
  revocation_reason: `case i % 4 ${reasons.map((reason, i) => `when ${i} then '${reason}'`).join(' ')} end`,
}

/**
 * Creates an issuer with `count` revoked certificates: in a store of Postern, and in the index of `openssl
 * ca`.
 */
export async function makeCrlHarness(count: number) {
  const folder = openToolFolder()
  const path = join(folder.path, 'postern.db')
  const database = await openDatabase({ engine: 'sqlite', path })
  await migrate(database)
  const harness = await createCertificateHarness(database)
  const { id } = await harness.issueOne(await harness.addOrganization('acme'))
  const issuer = await harness.issue.issuers.getSigning('production')
  await database.queries
    .insertInto('revocation_lists')
    .values(
      Array.from({ length: Math.ceil(count / partitionSize) }, (_, i) => ({
        issuer_id: issuer.id,
        partition: i + 1,
        address: `http://localhost:8080/crl/${issuer.id}-${i + 1}.crl`,
        places: partitionSize,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await database.close()
  fill(path, id, count)
  await writeIndex(path, join(folder.path, 'index.txt'))
  folder.run(
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 9 -subj /O=Postern/CN=CA',
  )
  folder.write(
    'ca.cnf',
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ncrl_extensions=e\ndefault_md=sha256\ndefault_crl_days=1\n[e]\nauthorityKeyIdentifier=keyid\n',
  )
  folder.write('number', '01\n')
  return { folder, path, authorityKey: harness.authorityKey, issuerId: issuer.id }
}

/** Copies one certificate with its DER `count` times. */
function fill(path: string, id: string, count: number): void {
  const file = openSqliteFile(path)
  file.exec('pragma synchronous=off')
  const columns = file.prepare('select name from pragma_table_info(?)').all('certificates')
  const names = columns.map(({ name }) => String(name))
  file
    .prepare(
      `with recursive counted(i) as (select 0 union all select i + 1 from counted where i + 1 < :count)
       insert into certificates (${names.join(', ')})
       select ${names.map((name) => own[name] ?? `one.${name}`).join(', ')}
       from counted, certificates one where one.id = :id`,
    )
    .run({ id, count, now: Date.now() })
  file.exec('analyze; pragma wal_checkpoint(truncate)')
  file.close()
}

/** Writes the same entries for `openssl ca`. */
async function writeIndex(path: string, index: string): Promise<void> {
  const file = openSqliteFile(path)
  const rows = file
    .prepare(
      `select serial_number, revocation_reason, strftime('%Y%m%d%H%M%S', revoked_at / 1000, 'unixepoch') as at
       from certificates where status = 'revoked'`,
    )
    .iterate()
  function* lines() {
    for (const { serial_number: serialNumber, revocation_reason: reason, at } of rows) {
      const said = reason === 'unspecified' ? '' : `,${reason}`
      const date = String(at).slice(2)
      yield `R\t350101000000Z\t${date}Z${said}\t${String(serialNumber).toUpperCase()}\tunknown\t/CN=x\n`
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(index))
  file.close()
}
