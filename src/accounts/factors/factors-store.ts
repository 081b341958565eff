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
import { PosternError } from '../../errors.ts'
import type { Actor } from '../../shapes/actor.ts'
import { toText } from '../../shapes/moment.ts'
import type { Database, Queries, Tx } from '../../storage/database.ts'
import { createFactorRules, type SessionRef } from './factor-rules-store.ts'
import { type OwnedPasskey, passkeyStore } from './passkey-store.ts'
import { recoveryCodeStore } from './recovery-code-store.ts'
import { createSignedCookie, type Ticket } from './signed-cookie.ts'
import { spendTicket } from './spent-ticket-store.ts'
import { describeSecret } from './totp.ts'
import { createTotpStore, findTotpConfirmedAt } from './totp-store.ts'
import { createWebauthn } from './webauthn.ts'

/** A challenge of a passkey: for one ceremony, and for one user unless anybody may answer. */
interface Challenge {
  ceremony: 'registration' | 'sign_in' | 'second_factor'
  challenge: string
  userId: string | null
}

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
  authorityKey: Uint8Array
  sessionKey: string
  portalUrl: string
  operatorsNeedSecondFactor: boolean
}

/** Creates the second factors of users, and what checks them. */
export function createFactors(database: Database, settings: FactorSettings, clock: Clock) {
  const totp = createTotpStore(settings.authorityKey)
  const rules = createFactorRules(settings.operatorsNeedSecondFactor)
  const webauthn = createWebauthn(settings.portalUrl)
  const challenges = createSignedCookie<Challenge>('challenge', { ...settings, clock })

  const readChallenge = (headers: Headers, ceremony: Challenge['ceremony'], userId: string | null) => {
    const found = challenges.read(headers)
    if (found?.ceremony === ceremony && found.userId === userId) return found
    throw challengeExpired()
  }
  const issueChallenge = (ceremony: Challenge['ceremony'], userId: string | null) =>
    challenges.issue({ ceremony, userId, challenge: webauthn.createChallenge() })

  /** Checks an assertion outside of the transaction; in it, challenge and counter are used up. */
  const acceptPasskey = async (
    passkey: OwnedPasskey | undefined,
    response: PasskeyAssertion,
    ticket: Challenge & Ticket,
    failure: () => PosternError,
  ): Promise<Accept> => {
    const { userHandle } = response.response
    const isOwner =
      passkey !== undefined &&
      (!userHandle || Buffer.from(userHandle, 'base64url').toString() === passkey.userId)
    const counter = isOwner ? await webauthn.checkAssertion(response, passkey, ticket.challenge) : undefined
    return async (tx) => {
      if (!isOwner || counter === undefined) return failure()
      if (!(await spendTicket(tx, ticket))) throw challengeExpired()
      return (await passkeyStore.use(tx, passkey, counter, clock.now())) ? undefined : failure()
    }
  }

  /** Prepares the check of a proof of the user, of whichever factor. Throws `passkey_challenge_expired`. */
  const check = async (userId: string, proof: SecondStep, headers: Headers): Promise<Accept> => {
    const now = clock.now()
    if (proof.factor === 'totp') return (tx) => totp.accept(tx, userId, proof.code, now)
    if (proof.factor === 'recovery_code') return (tx) => recoveryCodeStore.accept(tx, userId, proof.code)
    const ticket = readChallenge(headers, 'second_factor', userId)
    const passkey = await passkeyStore.findByCredential(database.queries, proof.response.id)
    const own = passkey?.userId === userId ? passkey : undefined
    return acceptPasskey(own, proof.response, ticket, secondFactorFailed)
  }

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
    check,
    record,
    describe: (userId: string) => describe(database.queries, userId),
    listPasskeys: (userId: string) => passkeyStore.list(database.queries, userId),
    getPasskey: (userId: string, id: string) => passkeyStore.get(database.queries, userId, id),

    /**
     * Checks a factor of a user who is signed in, as a fresh proof. Throws `second_factor_failed`,
     * `second_factor_locked` or `passkey_challenge_expired`.
     */
    async prove(user: Pick<FactorUser, 'userId' | 'actor'>, proof: SecondStep, headers: Headers) {
      const accept = await check(user.userId, proof, headers)
      await runAccepting(database, accept, (tx) =>
        record(tx, user, { action: 'person.second_factor_used', after: { factor: proof.factor } }),
      )
    },

    /** Returns the options of a new passkey and the cookie with their challenge. */
    async beginRegistration(user: FactorUser): Promise<{ options: PasskeyCreationOptions; cookie: string }> {
      await database.transaction((tx) => rules.assertMayAdd(tx, user), { records: false })
      await passkeyStore.assertRoom(database.queries, user.userId)
      const known = await passkeyStore.listKeys(database.queries, user.userId)
      const { ticket, cookie } = issueChallenge('registration', user.userId)
      return { options: webauthn.describeCreation(ticket.challenge, user, known), cookie }
    },

    /** Adds a passkey. Throws `passkey_challenge_expired`, `passkey_unsuitable` or `passkey_already_registered`. */
    async register(
      user: FactorUser,
      { name, response }: { name: string; response: PasskeyAttestation },
      headers: Headers,
    ): Promise<PasskeyView> {
      const ticket = readChallenge(headers, 'registration', user.userId)
      const key = await webauthn.checkAttestation(response, ticket.challenge)
      return database.transaction(async (tx) => {
        if (!(await spendTicket(tx, ticket))) throw challengeExpired()
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
      const secret = await database.transaction(
        async (tx) => {
          await rules.assertMayAdd(tx, user)
          return totp.begin(tx, user.userId, clock.now())
        },
        { records: false },
      )
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

    /** Returns the options of a sign-in and the cookie with their challenge; for `userId` after the password. */
    async beginAssertion(userId: string | null): Promise<{ options: PasskeyRequestOptions; cookie: string }> {
      const known = userId === null ? [] : await passkeyStore.listKeys(database.queries, userId)
      const { ticket, cookie } = issueChallenge(userId === null ? 'sign_in' : 'second_factor', userId)
      return { options: webauthn.describeRequest(ticket.challenge, known), cookie }
    },

    /** Finds whose passkey signs in. Throws `passkey_challenge_expired` or `passkey_rejected`. */
    async checkSignIn(
      response: PasskeyAssertion,
      headers: Headers,
    ): Promise<{ userId: string; accept: Accept }> {
      const ticket = readChallenge(headers, 'sign_in', null)
      const passkey = await passkeyStore.findByCredential(database.queries, response.id)
      const accept = await acceptPasskey(passkey, response, ticket, passkeyRejected)
      if (passkey === undefined) throw passkeyRejected()
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

const challengeExpired = () =>
  new PosternError(
    'passkey_challenge_expired',
    'The request for the passkey has expired, was answered before, or was for something else. Start again.',
  )
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
