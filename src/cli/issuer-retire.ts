import { retireIssuer } from '../authority/retire-issuer.ts'
import { createRetirementStore } from '../authority/retirement-store.ts'
import { systemClock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { createEmailWriter } from '../notifications/write-emails-store.ts'
import { withAuthority } from './with-authority.ts'

/** The retirement date, or its removal; without `yes` the effect is only reported. */
export interface RetireOptions {
  on?: string
  cancel?: boolean
  yes?: boolean
}

/**
 * Sets the retirement date of an issuing CA, moves it, or removes it. Without `--yes` it reports which
 * certificates would stop working, and changes nothing. Returns the exit code. Throws the codes of
 * `retireIssuer`.
 */
export async function issuerRetire(issuerId: string, { on, cancel, yes }: RetireOptions): Promise<number> {
  const retiresAt = readDate(on, cancel)
  return withAuthority('issuer-retire', {}, async ({ config, database, actor }) => {
    const retirements = createRetirementStore(
      database,
      createEmailWriter(config.mail.limits, config.portal.url),
    )
    const parts = { retirements, clock: systemClock, portalUrl: config.portal.url }
    const look = await retireIssuer(parts, actor, issuerId, {
      retiresAt,
      ...(retiresAt !== null && { dryRun: true }),
    })
    if (look.applied) {
      process.stdout.write(`${issuerId} does not retire.\n`)
      return 0
    }
    const whose = look.organizations
      .map(({ slug, affectedCertificates }) => `  ${slug}: ${affectedCertificates}\n`)
      .join('')
    const what =
      look.affectedCertificates === 1
        ? '1 valid certificate stops'
        : `${look.affectedCertificates} valid certificates stop`
    process.stdout.write(`${what} working on ${look.retiresAt}.\n${whose}`)
    if (!yes) {
      process.stderr.write('postern: hint: nothing was set. Run it again with --yes\n')
      return 0
    }
    await retireIssuer(parts, actor, issuerId, { retiresAt, expectedCount: look.affectedCertificates })
    process.stdout.write(
      `${issuerId} retires on ${look.retiresAt}. Letters to those concerned are under way.\n`,
    )
    return 0
  })
}

function readDate(on: string | undefined, cancel = false): string | null {
  if ((on === undefined) !== cancel)
    throw new PosternError('bad_request', 'Give --on with a date, or --cancel, and not both.')
  if (on === undefined) return null
  const moment = Date.parse(on)
  if (Number.isNaN(moment)) {
    throw new PosternError(
      'bad_request',
      `${on} is no date. Write it as 2027-03-31, or with a time as 2027-03-31T06:00:00Z.`,
    )
  }
  return new Date(moment).toISOString()
}
