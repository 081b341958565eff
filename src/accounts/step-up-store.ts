import { randomBytes } from 'node:crypto'
import { type AuditEntry, recordAudit } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { type Accept, runAccepting } from './factors/factors-store.ts'
import { hashToken } from './session-store.ts'

/** Lifetime of a proof. */
const lifetimeMs = 5 * 60_000

/** For whom, in which session, and for what a proof is. */
export interface ProofOwner {
  userId: string
  /** The hash of the token of the session. */
  session: string
  operationId: string
  /** The path parameters of the operation as one text. */
  object: string
}

/** A proof as a request presents it. */
export interface GivenProof extends ProofOwner {
  token: string
}

/**
 * Creates the store of step-up proofs. It contains the hash of each token, so that a copy of the store has no usable
 * proof.
 */
export function createStepUpStore(database: Database, clock: Clock) {
  return {
    /**
     * Stores a new proof in the transaction that accepts what the user gave for it. Returns its token, which is not
     * stored, and when it expires, in milliseconds since 1970. Throws what `accept` gives.
     */
    async issue(
      owner: ProofOwner,
      audit: AuditEntry,
      accept: Accept,
    ): Promise<{ token: string; expiresAt: number }> {
      const token = randomBytes(32).toString('base64url')
      const now = clock.now()
      const expiresAt = now + lifetimeMs
      await runAccepting(database, accept, async (tx) => {
        await recordAudit(tx, audit, now)
        // A user has one proof for each act on each object of a session, so that few rows pile up.
        await tx
          .deleteFrom('step_up_proofs')
          .where('user_id', '=', owner.userId)
          .where((e) => e.or([e('expires_at', '<=', now), e.and(columnsOf(owner))]))
          .execute()
        await tx
          .insertInto('step_up_proofs')
          .values({ token_sha256: hashToken(token), ...columnsOf(owner), expires_at: expiresAt })
          .execute()
      })
      return { token, expiresAt }
    },
    /** Returns whether a proof is valid now. */
    async isValid(proof: GivenProof): Promise<boolean> {
      return (await find(database.queries, proof)) !== undefined
    },
    /** Uses a proof up in the transaction of its act; returns false if it is not valid any more. */
    async spend(tx: Tx, proof: GivenProof): Promise<boolean> {
      if ((await find(tx, proof)) === undefined) return false
      const { numDeletedRows } = await tx
        .deleteFrom('step_up_proofs')
        .where('token_sha256', '=', hashToken(proof.token))
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
  }

  function find(queries: Queries, { token, ...owner }: GivenProof) {
    const now = clock.now()
    return (
      queries
        .selectFrom('step_up_proofs')
        .select('token_sha256')
        .where((e) => e.and({ token_sha256: hashToken(token), ...columnsOf(owner) }))
        .where('expires_at', '>', now)
        // After the clock was set back, a proof would last for long.
        .where('expires_at', '<=', now + lifetimeMs)
        .executeTakeFirst()
    )
  }
}

export type StepUpStore = ReturnType<typeof createStepUpStore>

const columnsOf = ({ userId, session, operationId, object }: ProofOwner) => ({
  user_id: userId,
  session_sha256: session,
  operation_id: operationId,
  object,
})
