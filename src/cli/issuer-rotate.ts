import { openConfiguredHsm } from '../app/portal-ground.ts'
import { systemClock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { addIssuer } from '../signer/create-authority.ts'
import { withAuthority } from './with-authority.ts'

/**
 * Creates a new issuing CA for an environment, in addition to the present one. Postern may be running.
 * Returns the exit code. Throws `bad_request` for an unknown environment, and `root_offline` without the
 * root's key.
 */
export async function issuerRotate(name: string): Promise<number> {
  return withAuthority('issuer-rotate', {}, async ({ config, secrets, database, authorityKey, actor }) => {
    const environment = config.environments.find((each) => each.name === name)
    if (environment === undefined) {
      throw new PosternError(
        'bad_request',
        `There is no environment ${name}. There are ${config.environments.map((each) => each.name).join(', ')}.`,
      )
    }
    const hsm = openConfiguredHsm(config, secrets)
    try {
      const parts = {
        database,
        authorityKey,
        hsm,
        newKeys: config.authority.newKeys,
        clock: systemClock,
        publicationUrl: config.publication.url,
      }
      await addIssuer(parts, environment, actor)
    } finally {
      await hsm?.close()
    }
    process.stdout.write(
      `New certificates of ${name} come from a new issuing CA. The gateways trust both it and the old one.\n`,
    )
    process.stderr.write(
      'postern: hint: when the old one is to end: postern issuer list, postern issuer retire\n',
    )
    return 0
  })
}
