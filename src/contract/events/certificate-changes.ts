import { z } from 'zod'
import { count, defineChanges, nothing, text, textOrNull, texts } from './change-type.ts'

const Subject = z.object({ organizationName: text, country: text, state: text })
const Status = z.object({ status: text })
const Details = z
  .object({
    description: text,
    owner: text,
    relatedService: text,
    rotationPolicy: text,
    contacts: texts,
    subject: Subject,
    keyKind: text,
  })
  .partial()

const RetirementPlan = z.object({ mode: text, retireAt: textOrNull })

/** The changes of a certificate. */
export const certificateChanges = defineChanges({
  'certificate.created': {
    description: 'A draft was created; it waits for its CSR, or got it in the same step.',
    recordedAs: 'certificate.created',
    before: nothing,
    after: z.object({
      name: text,
      environment: text,
      description: text,
      subject: Subject,
      certifiedSubject: Subject,
      keyKind: text,
      contacts: texts,
      replacesId: textOrNull,
    }),
    words: ['keyKind'],
  },
  'certificate.updated': {
    description: 'Details were changed; `before` and `after` have the changed ones.',
    recordedAs: 'certificate.updated',
    before: Details,
    after: Details,
    words: ['keyKind'],
  },
  'certificate.submitted': {
    description: 'A CSR passed its checks.',
    recordedAs: 'certificate.submitted',
    before: Status,
    after: z.object({
      status: text,
      publicKeySha256: text,
      requestSha256: text,
      checks: texts.meta({ description: 'The passed checks.' }),
      checkedBy: text.meta({ description: 'The release of Postern that made them.' }),
    }),
  },
  'certificate.registered': {
    description: 'An externally issued certificate was registered, and its key proven.',
    recordedAs: 'certificate.registered',
    before: Status,
    after: z.object({
      status: text,
      source: text,
      issuerId: textOrNull,
      fingerprintSha256: text,
      publicKeySha256: text,
      proof: text,
      clientAddress: textOrNull,
    }),
    words: ['source'],
  },
  'certificate.approved': {
    description: 'An operator approved the request.',
    recordedAs: 'certificate.approved',
    before: nothing,
    after: z.object({ reason: text }),
    byOperators: true,
  },
  'certificate.rejected': {
    description: 'An operator rejected the request. Its key can be used again.',
    recordedAs: 'certificate.rejected',
    before: Status,
    after: z.object({ status: text, reason: text }),
    byOperators: true,
  },
  'certificate.prepared': {
    description: 'The content of the certificate was stored, before the CA signs it.',
    recordedAs: 'certificate.planned',
    before: nothing,
    after: z.object({ issuerId: text, serialNumber: text }),
  },
  'certificate.issued': {
    description: 'The certificate is valid, and gateways accept it.',
    recordedAs: 'certificate.issued',
    before: Status,
    after: z.object({
      status: text,
      serialNumber: text.optional().meta({ description: 'Absent for an externally issued certificate.' }),
      fingerprintSha256: text,
    }),
  },
  'certificate.cancelled': {
    description:
      'A draft or a request was canceled: by a user, or by Postern after 30 days without a change.',
    recordedAs: 'certificate.cancelled',
    before: Status,
    after: Status.extend({
      reason: text.optional().meta({ description: '`abandoned` if Postern canceled a draft.' }),
    }),
  },
  'certificate.revoked': {
    description: 'The certificate was revoked.',
    recordedAs: 'certificate.revoked',
    before: Status,
    after: z.object({ status: text, reason: text }),
    words: ['reason'],
  },
  'certificate.retirement_changed': {
    description: 'A user decided how the certificate is retired: by hand, at a time, or once that is safe.',
    recordedAs: 'certificate.retirement_set',
    before: RetirementPlan,
    after: RetirementPlan,
  },
  'certificate.retirement_postponed': {
    description: 'The time of its retirement has come, but calls would be denied: it is postponed.',
    recordedAs: 'certificate.retirement_held',
    before: nothing,
    after: z.object({ retireAt: textOrNull, verdict: text }),
  },
  'registration.created': {
    description: 'An externally issued certificate was submitted; its key is not proven yet.',
    recordedAs: 'registration.created',
    before: nothing,
    after: z.object({ environment: text, fingerprintSha256: text, replacesId: textOrNull }),
  },
  'registration.cancelled': {
    description: 'A registration was canceled before its key was proven.',
    recordedAs: 'registration.cancelled',
    before: nothing,
    after: nothing,
  },
  'job.given_up': {
    description: 'Work in the background failed too often and is not tried again.',
    recordedAs: 'job.given_up',
    before: nothing,
    after: z.object({ kind: text, key: text, attempts: count }),
    words: ['kind'],
  },
})
