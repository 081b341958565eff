import type { Database } from '../../storage/database.ts'
import type { OpenRegistration } from './open-registrations.ts'

/** Reads which registrations wait for proof of possession. It never writes. */
export function createOpenRegistrationStore({ queries }: Pick<Database, 'queries'>) {
  const select = () =>
    queries
      .selectFrom('registrations')
      .select([
        'id',
        'environment',
        'challenge',
        'fingerprint_sha256 as fingerprintSha256',
        'expires_at as expiresAt',
      ])
      .where('certificate_id', 'is', null)

  return {
    list: (now: number): Promise<OpenRegistration[]> => select().where('expires_at', '>', now).execute(),
    /** Finds a registration; undefined for one that has been used or canceled. */
    find: (id: string): Promise<OpenRegistration | undefined> =>
      select().where('id', '=', id).executeTakeFirst(),
  }
}

export type OpenRegistrationStore = ReturnType<typeof createOpenRegistrationStore>
