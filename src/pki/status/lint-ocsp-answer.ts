import { DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { parseExtensions } from '../der/extension.ts'
import { oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import {
  assertNoFindings,
  findBrokenRules,
  type LintFinding,
  type LintRule,
  readOrExplain,
  unless,
  unreadable,
} from '../profile/lint-rule.ts'

/** What an answer needs to know of the responder that signs it. */
export interface AnswerSigner {
  /** SHA-1 of its key (RFC 6960, 4.2.1, KeyHash). */
  keyHash: Uint8Array
  /** Milliseconds since 1970: no answer outlives its responder. */
  notAfter: number
}

/** A ResponseData as the rules look at it. Times are milliseconds since 1970. */
interface AnswerDetails {
  keyHash: Uint8Array
  producedAt: number
  answers: { thisUpdate: number; nextUpdate: number }[]
  nonceLength: number | undefined
}

const code = 'certificate_malformed'
const maxNonceOctets = 128

/** The facts, or the reason why the bytes are not even a ResponseData of a responder that is named by its key. */
const readAnswerDetails = (tbs: Uint8Array): AnswerDetails | string =>
  readOrExplain(() => {
    const data = openSequence(tbs, code)
    const responder = data.readConstructed(constructedTag(2))
    const keyHash = responder.readContent(tags.octetString)
    responder.assertEnd()
    const producedAt = readGeneralizedTime(data)
    const list = data.readSequence()
    const answers: AnswerDetails['answers'] = []
    while (!list.isAtEnd()) answers.push(readSingleResponse(list.readSequence()))
    const nonceLength = data.isAtEnd() ? undefined : readNonceLength(data)
    data.assertEnd()
    return { keyHash, producedAt, answers, nonceLength }
  })

/** RFC 6960, 4.2.1: SingleResponse; its extensions are none. */
function readSingleResponse(single: DerReader): AnswerDetails['answers'][number] {
  // The CertID is what a client sent, and was read then.
  const certificateId = single.readWhole()
  if (certificateId[0] !== tags.sequence) throw single.refusal('an answer names no certificate')
  readStatus(single)
  const thisUpdate = readGeneralizedTime(single)
  const next = single.readConstructed(constructedTag(0))
  const nextUpdate = readGeneralizedTime(next)
  next.assertEnd()
  single.assertEnd()
  return { thisUpdate, nextUpdate }
}

/** good, revoked with its time and at most a reason, or unknown. */
function readStatus(single: DerReader): void {
  for (const simple of [primitiveTag(0), primitiveTag(2)])
    if (single.isNext(simple)) {
      if (single.readContent(simple).length > 0) throw single.refusal('a status is not empty')
      return
    }
  const revoked = single.readConstructed(constructedTag(1))
  readGeneralizedTime(revoked)
  if (!revoked.isAtEnd()) {
    const reason = revoked.readConstructed(constructedTag(0))
    reason.readContent(tags.enumerated)
    reason.assertEnd()
  }
  revoked.assertEnd()
}

/** RFC 6960, 4.2.2.1: GeneralizedTime, whatever the year. */
function readGeneralizedTime(reader: DerReader): number {
  if (!reader.isNext(tags.generalizedTime)) throw reader.refusal('a date is of another form')
  return reader.readTime()
}

/** RFC 9654, 2.1: an OCTET STRING in the value of the one extension that there may be. */
function readNonceLength(data: DerReader): number {
  const inner = data.readConstructed(constructedTag(1))
  const [nonce, another] = parseExtensions(inner)
  inner.assertEnd()
  if (nonce === undefined || another !== undefined || nonce.oid !== oids.ocspNonce || nonce.critical)
    throw data.refusal('it has an extension other than a nonce')
  const value = new DerReader(nonce.value, code)
  const { length } = value.readContent(tags.octetString)
  value.assertEnd()
  return length
}

const rules: readonly LintRule<AnswerDetails, AnswerSigner>[] = [
  {
    rule: 'responder',
    clause: 'RFC 6960, 4.2.2.3',
    findProblem: (details, { keyHash }) =>
      unless(isSameBytes(details.keyHash, keyHash), 'it names another responder than the one that signs'),
  },
  {
    rule: 'answers',
    clause: 'RFC 6960, 4.2.1',
    findProblem: ({ answers }) => unless(answers.length > 0, 'it answers nothing'),
  },
  {
    rule: 'next update after this one',
    clause: 'RFC 6960, 4.2.2.1',
    findProblem: ({ answers }) =>
      unless(
        answers.every(({ thisUpdate, nextUpdate }) => thisUpdate < nextUpdate),
        'an answer ends before it begins',
      ),
  },
  {
    rule: 'produced with what it says',
    clause: 'RFC 6960, 2.4',
    findProblem: ({ producedAt, answers }) =>
      unless(
        answers.every(({ thisUpdate }) => thisUpdate <= producedAt),
        'it says what is known later than it was produced',
      ),
  },
  {
    rule: 'validity inside the responder’s',
    clause: 'RFC 6960, 4.2.2.2',
    findProblem: ({ answers }, { notAfter }) =>
      unless(
        answers.every(({ nextUpdate }) => nextUpdate <= notAfter),
        'an answer outlives its responder',
      ),
  },
  {
    rule: 'nonce',
    clause: 'RFC 9654, 2.1',
    findProblem: ({ nonceLength = 1 }) =>
      unless(nonceLength >= 1 && nonceLength <= maxNonceOctets, 'it has no octet or more than 128'),
  },
]

/** Every rule that a ResponseData breaks; empty when this responder may sign it. It reads the octets themselves. */
export function lintOcspAnswer(tbs: Uint8Array, responder: AnswerSigner): LintFinding[] {
  const details = readAnswerDetails(tbs)
  if (typeof details === 'string') return unreadable('RFC 6960, 4.2.1', details)
  return findBrokenRules(rules, details, responder)
}

/**
 * A ResponseData (RFC 6960, 4.2.1) that keeps every rule for its responder. To make one is to lint it: the
 * constructor throws `profile_violation` for any other, and no cast gives octets `der`.
 */
export class SoundResponseData {
  readonly #der: Uint8Array

  constructor(der: Uint8Array, responder: AnswerSigner) {
    assertNoFindings('The OCSP answer', lintOcspAnswer(der, responder))
    this.#der = der
  }

  get der(): Uint8Array {
    return this.#der
  }
}
