import { recordChange } from '../../../src/storage/change-log.ts'
import { createExternalAuthority } from '../../support/external-authority.ts'
import { insertExternalCertificate } from '../../support/insert-external-certificate.ts'
import type { RunningPostern } from '../../support/postern.ts'
import { toDer } from '../../support/status-server.ts'
import { withStore } from '../../support/users.ts'

const purposes = { 'for-clients': 'client_auth', 'for-servers': 'server_auth' } as const

/** Registers two self-signed certificates for an organization in production: one for TLS clients, one for servers alone. */
export async function addExternalCertificates(
  postern: RunningPostern,
  slug: string,
  folder: string,
): Promise<void> {
  const authority = createExternalAuthority(folder)
  await withStore(postern, (database) =>
    database.transaction(async (tx) => {
      const { id: organizationId } = await tx
        .selectFrom('organizations')
        .select('id')
        .where('slug', '=', slug)
        .executeTakeFirstOrThrow()
      for (const [name, purpose] of Object.entries(purposes)) {
        const der = toDer(authority.makeClient(name).pem)
        const number = 9001 + Object.keys(purposes).indexOf(name)
        const id = await insertExternalCertificate(tx, { organizationId, name, number, der, purpose })
        await recordChange(tx, 'certificate', id, Date.now())
      }
    }),
  )
}
