import type { Config, Secrets } from '../config/config.ts'
import type { authorize } from '../http/authorize.ts'
import type { Handlers } from '../http/handler.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { createJobRunner } from '../jobs/run-jobs.ts'
import { openMail } from '../notifications/open-mail.ts'
import { untilStoreLets } from '../storage/await-store.ts'
import { createReturnWatch } from '../storage/watch-returns.ts'
import { runChores, startChores } from './chores.ts'
import { buildChores } from './portal-chores.ts'
import { type Ground, openGround, type PortalReplacements } from './portal-ground.ts'
import { buildHandlers } from './portal-handlers.ts'
import { buildLanes } from './portal-lanes.ts'
import { buildParts, type Parts } from './portal-parts.ts'
import { prepareStore } from './portal-preparation.ts'

/** What decides whether a caller may do what they ask for. */
export type AccessFacts = Parameters<typeof authorize>[0]

/** A portal without its ports, over a store that is prepared. */
export interface PortalCore {
  ground: Ground
  parts: Parts
  facts: AccessFacts
  /** The code behind every operation of the API. */
  handlers: Handlers
  /** Does jobs and chores from now on. */
  work(): void
  /** Does all jobs that are due, and those that come of them. */
  runDueJobs(): Promise<void>
  /** Does each chore once. */
  runChores(): Promise<void>
  /** Lets the job at hand finish, writes what it has counted, and closes the store. */
  close(): Promise<void>
}

/** Puts a portal together and prepares its store. Waits and throws as `createPortalApp` does. */
export async function prepareCore(
  config: Config,
  secrets: Secrets,
  replace: PortalReplacements = {},
): Promise<PortalCore> {
  const ground = await openGround(config, secrets, replace)
  const { database, watch, clock, log } = ground
  const returns = createReturnWatch({
    ...{ database, dataFolder: config.dataFolder, clock },
    onReturn: (epoch, sentence) => log.error({ epoch }, sentence),
    onFailure: (what, error) => log.error({ what, err: error }, 'tried again later'),
  })
  const parts = buildParts(ground, replace)
  await untilStoreLets(() => prepareStore(ground, parts, returns), watch, secrets.storage)
  const { smtp, from } = config.mail
  const server = smtp && { ...smtp, password: secrets.smtpPassword }
  const mail = replace.mail ?? (await openMail(parts, server, from))
  const jobs = createJobRunner({
    jobs: createJobStore(database),
    lanes: buildLanes(parts, mail),
    clock,
    onFailure: parts.onFailure,
    onGivenUp: (job, error) => log.error({ job, err: error }, 'job given up'),
  })
  const chores = buildChores(ground, parts, returns)
  let stopChores = async (): Promise<void> => {}
  const { findBySlug, findRole } = parts.organizations
  const facts = { findOrganization: findBySlug, findRole, environments: parts.environments }

  return {
    ...{ ground, parts, facts },
    handlers: buildHandlers(ground, parts, facts),
    work() {
      jobs.start()
      stopChores = startChores(chores, parts.onFailure)
    },
    runDueJobs: jobs.runDue,
    runChores: () => runChores(chores, parts.onFailure),
    async close() {
      await Promise.all([stopChores(), jobs.close()])
      returns.stop()
      await parts.access.flush().catch((error) => parts.onFailure('write-access-summary', error))
      await mail.close()
      await database.close()
      await ground.hsm?.close()
    },
  }
}
