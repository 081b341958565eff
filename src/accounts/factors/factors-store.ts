import { recordAudit } from '../../audit/record-audit.ts'
import type { Clock } from '../../clock.ts'
import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
  PasskeyView,
} from '../../contract/passkey.ts'
import type { SignInMethods } from '../../contract/second-factor.ts'
import type { SecondStep } from '../../contract/session.ts'
import type { StepUpMethod, StepUpMethodName } from '../../contract/step-up.ts'
import { PosternError } from '../../errors.ts'
import type { Actor } from '../../shapes/actor.ts'
import type { MasterKey } from '../../shapes/master-key.ts'
import { toText } from '../../shapes/moment.ts'
import type { Database, Queries, Tx } from '../../storage/database.ts'
import { noteChange } from '../../storage/request-change.ts'
import { quiet } from '../../storage/transact.ts'
import { createFactorRules, listFactors, type SessionRef } from './factor-rules-store.ts'
import { type Ceremony, createChallenges } from './passkey-challenge-store.ts'
import { type OwnedPasskey, passkeyStore } from './passkey-store.ts'
import { recoveryCodeStore } from './recovery-code-store.ts'
import { describeSecret } from './totp.ts'
import { createTotpStore, findTotpConfirmedAt } from './totp-store.ts'
import { createWebauthn } from './webauthn.ts'

/** A user and the session of a change. */
export interface FactorUser extends SessionRef {
  actor: Actor
  email: string
  name: string
}

/**
 * Accepts a factor in a transaction and returns undefined, or returns the error, which the caller throws after the
 * commit: a wrong code counts.
 */
export type Accept = (tx: Tx) => Promise<PosternError | undefined>

/** Where the secrets and the settings of second factors come from. */
export interface FactorSettings {
  authorityKey: MasterKey
  sessionKey: string
  portalUrl: string
  operatorsNeedSecondFactor: boolean
}

/** Creates the second factors of users, and what checks them. */
export function createFactors(database: Database, settings: FactorSettings, clock: Clock) {
  const totp = createTotpStore(settings.authorityKey)
  const rules = createFactorRules(settings)
  const webauthn = createWebauthn(settings.portalUrl)
  const challenges = createChallenges({ ...settings, clock })

  /**
   * Checks an assertion outside of the transaction that uses up its challenge and counter. Throws
   * `passkey_challenge_expired` and, for a wrong assertion or a passkey of another user, `failure`.
   */
  const checkAssertion = async (
    response: PasskeyAssertion,
    { headers, failure, ...ceremony }: Ceremony & { headers: Headers; failure: () => PosternError },
  ): Promise<{ passkey: OwnedPasskey; accept: Accept }> => {
    const ticket = challenges.read(headers, ceremony)
    const passkey = await passkeyStore.findByCredential(database.queries, response.id)
    const { userHandle } = response.response
    const isOwner =
      passkey !== undefined &&
      (ceremony.userId === null || passkey.userId === ceremony.userId) &&
      (!userHandle || Buffer.from(userHandle, 'base64url').toString() === passkey.userId)
    const counter = isOwner ? await webauthn.checkAssertion(response, passkey, ticket.challenge) : undefined
    if (passkey === undefined || counter === undefined) throw failure()
    return {
      passkey,
      async accept(tx) {
        await challenges.spend(tx, ticket)
        return (await passkeyStore.use(tx, passkey, counter, clock.now())) ? undefined : failure()
      },
    }
  }
  const acceptCode = (userId: string, code: string): Accept => {
    const now = clock.now()
    return (tx) => totp.accept(tx, userId, code, now)
  }
  const acceptPasskey = async (
    userId: string,
    response: PasskeyAssertion,
    ceremony: Omit<Ceremony, 'userId'> & { headers: Headers },
  ) => (await checkAssertion(response, { ...ceremony, userId, failure: secondFactorFailed })).accept

  const record = (tx: Tx, { actor, userId }: Pick<FactorUser, 'actor' | 'userId'>, entry: Change) =>
    recordAudit(
      tx,
      { actor, organizationId: null, subjectKind: 'person', subjectId: userId, ...entry },
      clock.now(),
    )

  const describe = async (queries: Queries, userId: string): Promise<SignInMethods> => ({
    totpSetUpAt: toText(await findTotpConfirmedAt(queries, userId)),
    passkeyCount: await passkeyStore.count(queries, userId),
    recoveryCodesLeft: await recoveryCodeStore.count(queries, userId),
    isDemanded: await rules.isDemanded(queries, userId),
  })

  return {
    record,
    describe: (userId: string) => describe(database.queries, userId),
    listPasskeys: (userId: string) => passkeyStore.list(database.queries, userId),
    getPasskey: (userId: string, id: string) => passkeyStore.get(database.queries, userId, id),

    /**
     * Prepares the check of a second factor after the password. Throws `passkey_challenge_expired` and
     * `second_factor_failed`.
     */
    async checkSecondStep(userId: string, proof: SecondStep, headers: Headers): Promise<Accept> {
      if (proof.factor === 'totp') return acceptCode(userId, proof.code)
      if (proof.factor === 'recovery_code') return (tx) => recoveryCodeStore.accept(tx, userId, proof.code)
      return acceptPasskey(userId, proof.response, { kind: 'second_factor', headers })
    },

    /**
     * Prepares the check of a factor of a user who is signed in, for one act. Throws `passkey_challenge_expired` and
     * `second_factor_failed`.
     */
    async checkStepUp(
      userId: string,
      proof: Exclude<StepUpMethod, { method: 'password' }>,
      { act, headers }: { act: string; headers: Headers },
    ): Promise<Accept> {
      if (proof.method === 'totp') return acceptCode(userId, proof.code)
      return acceptPasskey(userId, proof.response, { kind: 'step_up', act, headers })
    },

    /**
     * Lists how a user may prove again who they are: a user who has a second factor by that alone, where one is demanded
     * or the session has proven none, unless `passwordSuffices`.
     */
    async listStepUpMethods(
      userId: string,
      { isProven, passwordSuffices }: { isProven: boolean; passwordSuffices: boolean },
    ): Promise<StepUpMethodName[]> {
      const factors = (await listFactors(database.queries, userId)).filter(
        (factor) => factor !== 'recovery_code',
      )
      const needsFactor =
        factors.length > 0 &&
        !passwordSuffices &&
        (!isProven || (await rules.isDemanded(database.queries, userId)))
      return needsFactor ? factors : [...factors, 'password']
    },

    /** Returns the options of a new passkey and the cookie with their challenge. */
    async beginRegistration(user: FactorUser): Promise<{ options: PasskeyCreationOptions; cookie: string }> {
      await database.transaction(async (tx) => {
        await rules.assertMayAdd(tx, user)
        await passkeyStore.assertRoom(tx, user.userId)
        // The challenge is what the step-up proof was for.
        noteChange(user.actor.id, user.userId)
      }, quiet)
      const known = await passkeyStore.listKeys(database.queries, user.userId)
      const { ticket, cookie } = challenges.issue({ kind: 'registration', userId: user.userId })
      return { options: webauthn.describeCreation(ticket.challenge, user, known), cookie }
    },

    /** Adds a passkey. Throws `passkey_challenge_expired`, `passkey_unsuitable` or `passkey_already_registered`. */
    async register(
      user: FactorUser,
      { name, response }: { name: string; response: PasskeyAttestation },
      headers: Headers,
    ): Promise<PasskeyView> {
      const ticket = challenges.read(headers, { kind: 'registration', userId: user.userId })
      const key = await webauthn.checkAttestation(response, ticket.challenge)
      return database.transaction(async (tx) => {
        await challenges.spend(tx, ticket)
        await rules.assertMayAdd(tx, user)
        const passkey = await passkeyStore.insert(tx, user.userId, { name, key }, clock.now())
        await rules.raise(tx, user, 'passkey')
        await record(tx, user, {
          action: 'person.passkey_added',
          subjectKind: 'passkey',
          subjectId: passkey.id,
          after: { name },
        })
        return passkey
      })
    },

    async renamePasskey(user: FactorUser, id: string, name: string): Promise<PasskeyView> {
      return database.transaction(async (tx) => {
        const before = await passkeyStore.rename(tx, user.userId, id, name)
        const about = { subjectKind: 'passkey', subjectId: id }
        await record(tx, user, {
          action: 'person.passkey_renamed',
          ...about,
          before: { name: before },
          after: { name },
        })
        return passkeyStore.get(tx, user.userId, id)
      })
    },

    /** Throws `not_found`, `second_factor_needed` or `last_second_factor`. */
    async deletePasskey(user: FactorUser, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const name = await passkeyStore.delete(tx, user.userId, id)
        await assertRemovable(tx, user)
        const about = { subjectKind: 'passkey', subjectId: id }
        await record(tx, user, { action: 'person.passkey_deleted', ...about, before: { name } })
      })
    },

    /** Returns the new secret, which counts once it is confirmed. Throws `totp_already_set_up`. */
    async beginTotp(user: FactorUser): Promise<{ secret: string; uri: string }> {
      const secret = await database.transaction(async (tx) => {
        await rules.assertMayAdd(tx, user)
        // What does not count yet is not in the audit log, but it is what the step-up proof was for.
        noteChange(user.actor.id, user.userId)
        return totp.begin(tx, user.userId, clock.now())
      }, quiet)
      return describeSecret(secret, user.email)
    },

    async confirmTotp(user: FactorUser, code: string): Promise<SignInMethods> {
      return database.transaction(async (tx) => {
        await rules.assertMayAdd(tx, user)
        await totp.confirm(tx, user.userId, code, clock.now())
        await rules.raise(tx, user, 'totp')
        await record(tx, user, { action: 'person.totp_set_up' })
        return describe(tx, user.userId)
      })
    },

    async deleteTotp(user: FactorUser): Promise<void> {
      await database.transaction(async (tx) => {
        await totp.delete(tx, user.userId)
        await assertRemovable(tx, user)
        await record(tx, user, { action: 'person.totp_removed' })
      })
    },

    /** Returns ten new codes; the codes made before no longer work. */
    async createRecoveryCodes(user: FactorUser): Promise<string[]> {
      return database.transaction(async (tx) => {
        await rules.assertMayAdd(tx, user)
        const codes = await recoveryCodeStore.replace(tx, user.userId, clock.now())
        await record(tx, user, { action: 'person.recovery_codes_created' })
        return codes
      })
    },

    /** Returns the options that ask for a passkey, of the user if there is one, and the cookie with their challenge. */
    async beginAssertion(ceremony: Ceremony): Promise<{ options: PasskeyRequestOptions; cookie: string }> {
      const { userId } = ceremony
      const known = userId === null ? [] : await passkeyStore.listKeys(database.queries, userId)
      const { ticket, cookie } = challenges.issue(ceremony)
      return { options: webauthn.describeRequest(ticket.challenge, known), cookie }
    },

    /** Finds whose passkey signs in. Throws `passkey_challenge_expired` or `passkey_rejected`. */
    async checkSignIn(
      response: PasskeyAssertion,
      headers: Headers,
    ): Promise<{ userId: string; accept: Accept }> {
      const { passkey, accept } = await checkAssertion(response, {
        ...{ kind: 'sign_in', userId: null, headers, failure: passkeyRejected },
      })
      return { userId: passkey.userId, accept }
    },
  }

  async function assertRemovable(tx: Tx, user: FactorUser): Promise<void> {
    await rules.assertMayRemove(tx, user)
    await rules.assertEnoughLeft(tx, user.userId)
  }
}

export type Factors = ReturnType<typeof createFactors>

interface Change {
  action: string
  subjectKind?: string
  subjectId?: string
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

/** Runs `work` in the transaction that accepts a factor; throws the error of one that is not accepted. */
export async function runAccepting<T>(
  database: Database,
  accept: Accept,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const outcome = await database.transaction(async (tx) => {
    const failure = await accept(tx)
    return failure === undefined ? { value: await work(tx) } : { failure }
  })
  if ('failure' in outcome) throw outcome.failure
  return outcome.value
}

/** The error of a passkey that signs nobody in. */
export const passkeyRejected = () =>
  new PosternError(
    'passkey_rejected',
    'The passkey was not accepted. Use a passkey that is registered here, or sign in with your password.',
  )
const secondFactorFailed = () =>
  new PosternError(
    'second_factor_failed',
    'The passkey was not accepted. Use one that you have registered here, or another factor.',
  )
