import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import type { ErasureStore } from './erasure-store.ts'
import type { PersonalDataStore } from './export-store.ts'
import type { UserStore } from './user-store.ts'

interface Dependencies {
  users: UserStore
  personalData: PersonalDataStore
  erasures: ErasureStore
  /** Goes on with the erasures that have begun. */
  erasePeople(): Promise<void>
  clock: Clock
  onFailure(what: string, error: unknown): void
}

type Ids = 'exportOwnData' | 'eraseOwnAccount' | 'listUsers' | 'exportUserData' | 'erasePerson' | 'getErasure'

/** Returns the handlers for what is kept about people: its export and its erasure. */
export function privacyRoutes({
  users,
  personalData,
  erasures,
  erasePeople,
  clock,
  onFailure,
}: Dependencies): Pick<Handlers, Ids> {
  const goOn = () => {
    erasePeople().catch((error) => onFailure('erase-people', error))
  }
  return {
    exportOwnData: ({ session, query }) => personalData.list(session.userId, query),
    async eraseOwnAccount({ session, actor }) {
      await erasures.begin(session.userId, { actor, now: clock.now() }, 'self')
      goOn()
      return undefined
    },
    listUsers: ({ query }) => users.list(query),
    exportUserData: ({ params, query }) => personalData.list(params.userId, query),
    async erasePerson({ params, actor }) {
      const erasure = await erasures.begin(params.userId, { actor, now: clock.now() }, 'operator')
      goOn()
      return erasure
    },
    getErasure: ({ params }) => erasures.get(params.userId),
  }
}
