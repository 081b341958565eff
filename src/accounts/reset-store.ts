import { recordAudit } from '../audit/record-audit.ts'
import { getClientNetwork, getClientSource } from '../client-source.ts'
import { enqueueJob, removeJob } from '../jobs/job-store.ts'
import type { Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import { quiet } from '../storage/transact.ts'
import { writeResetEmail } from './account-emails.ts'
import type { AccountNeeds } from './account-store.ts'
import { addLink } from './link-store.ts'

const hour = 3_600_000
/** Emails that a user gets in an hour, of which nobody else can use up the first. */
const resetsPerUser = 5
/** Further emails to any users, for all clients of a network in an hour. */
const repeatsPerNetwork = 30
/** The same for all clients together whose addresses are unknown, since a proxy is not trusted. */
const repeatsOfUnknown = 200

/** The kind of the jobs that email links to choose a new password; their key is the request. */
export const sendResetJob = 'send-password-reset'

/** Where a request comes from. */
interface ResetOrigin {
  /** The address for the audit log. */
  origin: string
  /** The address of the client if it belongs to one client. */
  address: string | undefined
}

/** Creates the store of requests for links to choose a new password. */
export function createResetStore({ database, portalUrl, writeEmails }: AccountNeeds) {
  return {
    /**
     * Stores a request, which a job answers by an email. The store does the same work for an address without a user who
     * may sign in, and keeps nothing of it, so that the answer takes as long.
     */
    async request(email: string, { origin, address }: ResetOrigin, now: number): Promise<void> {
      await database.transaction(async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select(['id', 'deactivated_at'])
          .where('email', '=', email.toLowerCase())
          .executeTakeFirst()
        const nobody = newId('user', now)
        const userId = user?.deactivated_at === null ? user.id : nobody
        const network = address === undefined ? '' : getClientNetwork(getClientSource(address))
        await enqueueJob(
          tx,
          { kind: sendResetJob, key: toKey({ userId, origin, network }), owner: null },
          now,
          now,
        )
        await removeJob(tx, sendResetJob, toKey({ userId: nobody, origin, network }))
      }, quiet)
    },

    /**
     * Answers the request of a job, once: emails a link to the user, unless they or the network of the client have had
     * too many. Earlier links stay valid, so that nobody can make the link of another user invalid.
     */
    async send(key: string, now: number): Promise<void> {
      const { userId, origin, network } = fromKey(key)
      await database.transaction(async (tx) => {
        await removeJob(tx, sendResetJob, key)
        const user = await tx
          .selectFrom('users')
          .select('email')
          .where('id', '=', userId)
          .where('deactivated_at', 'is', null)
          .executeTakeFirst()
        if (user === undefined || !(await mayGetAnother(tx, { userId, network }, now))) return
        const link = await addLink(
          tx,
          portalUrl,
          { purpose: 'set_password', userId, expiresAt: now + hour },
          now,
        )
        const emailKey = `link:${newId('outgoingEmail', now)}`
        await writeEmails(tx, [writeResetEmail({ recipient: user.email, link, key: emailKey })], now)
        const actor = { kind: 'person', id: userId, name: user.email, origin } as const
        const subject = { organizationId: null, subjectKind: 'person', subjectId: userId }
        await recordAudit(tx, { actor, action: 'person.password_reset_requested', ...subject }, now)
      })
    },
  }
}

export type ResetStore = ReturnType<typeof createResetStore>

interface ResetRequest {
  userId: string
  origin: string
  /** Empty if it is unknown. */
  network: string
}

const toKey = ({ userId, origin, network }: ResetRequest): string => [userId, origin, network].join(' ')

function fromKey(key: string): ResetRequest {
  const [userId = '', origin = '', network = ''] = key.split(' ')
  return { userId, origin, network }
}

/**
 * Returns whether an email may be sent, and counts it. The first one of an hour is nobody else's to use up: a flood of
 * requests, wherever it comes from, stops no user from getting a link.
 */
async function mayGetAnother(
  tx: Tx,
  { userId, network }: Pick<ResetRequest, 'userId' | 'network'>,
  now: number,
): Promise<boolean> {
  const spend = (subject: string, most: number) => spendBudget(tx, { subject, spanMs: hour, most }, now)
  if (await spend(`password-resets:${userId}`, 1)) return true
  const most = network === '' ? repeatsOfUnknown : repeatsPerNetwork
  if (!(await spend(`password-resets-from:${network}`, most))) return false
  return spend(`password-resets:${userId}`, resetsPerUser)
}
