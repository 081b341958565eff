import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import { type Mail, openMail } from '../notifications/open-mail.ts'

type MailNeeds = Parameters<typeof openMail>[0]
type MailSettings = Pick<Config['mail'], 'smtp' | 'from'>

/** The outgoing mail of a portal, whose server may change while it runs. */
export interface PortalMail extends Mail {
  /** Sends by other settings from now on; an email that is being sent ends with those before. */
  change(settings: MailSettings, password: string | null): void
}

/** Opens the outgoing mail: to the configured server, or else to the built-in mailbox. */
export async function openPortalMail(
  needs: MailNeeds,
  first: MailSettings,
  firstPassword: string | null,
): Promise<PortalMail> {
  const open = ({ smtp, from }: MailSettings, password: string | null) =>
    openMail(needs, smtp && { ...smtp, password }, from)
  let given = structuredClone({ smtp: first.smtp, from: first.from, password: firstPassword })
  let current = open(first, firstPassword)
  await current
  const closing = new Set<Promise<unknown>>()
  return {
    send: async (...job) => (await current).send(...job),
    change({ smtp, from }, password) {
      const next = structuredClone({ smtp, from, password })
      if (isDeepStrictEqual(next, given)) return
      given = next
      const before = current
      current = open(next, password)
      // A failure is that of the next email, which is tried again.
      current.catch(() => {})
      const closed = before.then((mail) => mail.close()).catch(() => {})
      closing.add(closed)
      void closed.finally(() => closing.delete(closed))
    },
    async close() {
      const mail = await current.catch(() => undefined)
      await Promise.all([mail?.close(), ...closing])
    },
  }
}
