import { hash } from 'node:crypto'
import { recordAudit } from '../audit/record-audit.ts'
import { cutText } from '../clean-text.ts'
import type { SettingChange } from '../config/compare-settings.ts'
import { describeChange, describeRejection, describeReload } from '../config/describe-reload.ts'
import { type ConfigSource, createReload } from '../config/reload-config.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import { ensureSigningKeys } from '../tokens/signing-key-store.ts'
import type { BaseDependencies } from './portal-ground.ts'
import type { PortalMail } from './portal-mail.ts'

/** Reads the configuration of the process again, on behalf of `actor`. Throws `configuration_rejected`. */
export type ReloadConfiguration = (actor: Actor) => Promise<SettingChange[]>

/** The listeners, as far as they have limits of their own that change. */
export interface TimedServers {
  changeTimeLimits(): void
}

interface ReloadNeeds {
  source: ConfigSource
  mail: PortalMail
  /** Undefined before they are built. */
  servers(): TimedServers | undefined
  onFailure(what: string, error: unknown): void
}

/**
 * Creates the function that reads the configuration again. The log and the audit log have what has changed,
 * or what is wrong; a store that is away does not keep the new configuration from taking effect.
 */
export function createPortalReload(base: BaseDependencies, needs: ReloadNeeds): ReloadConfiguration {
  const { config, keys, database, clock, log } = base
  const { source, mail, servers, onFailure } = needs
  const reload = createReload(config, source, {
    parts: { portal: true, gateway: false },
    now: () => clock.now(),
    prepare:
      (_, { variables }) =>
      () => {
        log.level = config.log.level
        mail.change(config.mail, variables.smtpPassword ?? null)
        servers()?.changeTimeLimits()
        // A gateway signs with a key of the configured algorithm as soon as there is one.
        void ensureSigningKeys(database, config.environments, keys.gatewayKey, clock).catch((error) =>
          onFailure('ensure-signing-keys', error),
        )
      },
  })
  const record = (actor: Actor, action: string, sides: Sides): Promise<void> =>
    database
      .transaction((tx) =>
        recordAudit(
          tx,
          { actor, action, organizationId: null, subjectKind: 'configuration', subjectId: 'file', ...sides },
          clock.now(),
        ),
      )
      .catch((error) => onFailure('audit-configuration', error))

  return async (actor) => {
    try {
      const changes = reload()
      log.warn({ changes: changes.map(describeChange) }, describeReload(changes))
      // The request of an operator is recorded whatever came of it; that uses up the step-up proof.
      if (changes.length > 0 || actor.kind !== 'system')
        await record(actor, 'configuration.reloaded', toSides(changes))
      return changes
    } catch (error) {
      if (!(error instanceof PosternError)) {
        log.error({ err: error }, 'Only a part of the new configuration is in force. Restart Postern.')
        throw error
      }
      log.error(describeRejection(error))
      await record(actor, 'configuration.rejected', { after: { problem: error.message } })
      throw new PosternError('configuration_rejected', error.message, { cause: error })
    }
  }
}

const longestValue = 500

interface Sides {
  before?: Record<string, unknown>
  after: Record<string, unknown>
}

const toSides = (changes: readonly SettingChange[]): Sides => ({
  before: Object.fromEntries(changes.map(({ setting, before }) => [setting, shorten(before)])),
  after: Object.fromEntries(changes.map(({ setting, after }) => [setting, shorten(after)])),
})

/** Collectors of the audit log refuse long lines; the log of the process has the whole value. */
const shorten = (value: string | null): string | null =>
  value === null || value.length <= longestValue
    ? value
    : `${cutText(value, longestValue)}… (SHA-256 ${hash('sha256', value)})`
