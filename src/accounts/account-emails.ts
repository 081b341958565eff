import { type Email, writeBody } from '../shapes/email.ts'

const ignore = 'If you did not ask for this, ignore this email: nothing changes. '

interface Link {
  recipient: string
  link: string
  /** Distinguishes this email from all others. */
  key: string
}

const toEmail = ({ key, recipient, link }: Link, subject: string, lines: readonly string[]): Email => ({
  key,
  organizationId: null,
  recipient,
  subject,
  body: writeBody(lines, link),
  isSecret: true,
})

/** Returns the email with the link to choose a new password. */
export const writeResetEmail = (to: Link): Email =>
  toEmail(to, 'Choose a new password', [
    'Somebody asked for a new password for your account. The link below works once, for one hour.',
    `${ignore}Your present password stays valid.`,
  ])

/** Returns the email to the present address of a user who wants another one. */
export const writeOldAddressEmail = (to: Link, newEmail: string): Email =>
  toEmail(to, 'Confirm your new email address', [
    `You asked to change the email address of your account to ${newEmail}. Confirm it with the link below, and with the one in the email to the new address. Both work for 24 hours.`,
    `If you did not ask for this, do not open the link, and change your password: somebody uses your account. Nothing changes without your confirmation.`,
  ])

/** Returns the email to the address that a user wants to have. */
export const writeNewAddressEmail = (to: Link): Email =>
  toEmail(to, 'Confirm your new email address', [
    'Somebody wants to use this address to sign in. Confirm it with the link below, and with the one in the email to the present address. Both work for 24 hours.',
    `${ignore}`.trim(),
  ])
