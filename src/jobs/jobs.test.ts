import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createJobStore, enqueueJob, removeJob } from './job-store.ts'
import { FinalFailure, type JobHandler, type Lane, runJobs } from './run-jobs.ts'

const run = promisify(execFile)

describeOnBothEngines('the job queue', (store) => {
  const clock = createTestClock()
  const enqueue = (key: string, runAt = clock.now()) =>
    store.database.transaction((tx) => enqueueJob(tx, { kind: 'try', key, owner: null }, runAt, clock.now()))
  const lease = { kind: 'try' }
  const lane = (handler: JobHandler, more: Partial<Lane> = {}): Lane => ({
    ...{ handler, workers: 1, attemptSeconds: 60, maxAttempts: 10, longestDelaySeconds: 900, ...more },
  })
  const readJobs = () => store.database.queries.selectFrom('jobs').selectAll().execute()
  beforeEach(async () => {
    await store.database.queries.deleteFrom('jobs').execute()
    await store.database.queries.deleteFrom('job_turns').execute()
  })

  test('drops a job with the transaction that was rolled back', async () => {
    const failing = store.database.transaction(async (tx) => {
      await enqueueJob(tx, { kind: 'try', key: 'a', owner: null }, 0, 0)
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    expect(await readJobs()).toEqual([])
  })

  test('gives each job to one worker when several processes ask concurrently', async () => {
    for (let made = 0; made < 20; made += 1) await enqueue(`k${made}`)
    const script = new URL('../../test/support/job-worker.ts', import.meta.url).pathname
    const work = () => run(process.execPath, [script, JSON.stringify(store.location), String(clock.now())])
    const outputs = await Promise.all([work(), work(), work()])
    const keys = outputs.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean))
    expect(keys.sort()).toEqual(Array.from({ length: 20 }, (_, made) => `k${made}`).sort())
  })

  test('keeps one job per kind and key, at the earlier time', async () => {
    await enqueue('a', clock.now() + 5000)
    await enqueue('a', clock.now() + 9000)
    await enqueue('a', clock.now() + 1000)
    expect((await readJobs()).map((job) => Number(job.run_at))).toEqual([clock.now() + 1000])
  })

  test('runs a job once more when it was requested again while it ran', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    const job = await jobs.lease(lease, clock.now())
    if (job === undefined) throw new Error('no job')
    await enqueue('a')
    await jobs.complete(job)
    expect(await jobs.lease(lease, clock.now())).toMatchObject({ key: 'a' })
  })

  test('keeps a job that another worker is running when the first one ends', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    const first = await jobs.lease(lease, clock.now())
    await enqueue('a')
    const second = await jobs.lease(lease, clock.now())
    if (first === undefined || second === undefined) throw new Error('no job')
    await jobs.complete(first)
    await jobs.fail(second, 'try again', 900_000, clock.now())
    expect(await readJobs()).toHaveLength(1)
  })

  test('waits longer after each failure, and records the reason', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    let now = clock.now()
    const delays: number[] = []
    for (let tried = 0; tried < 4; tried += 1) {
      const job = await jobs.lease(lease, now)
      if (job === undefined) throw new Error('no job')
      await jobs.fail(job, 'the server is away', 900_000, now)
      const [row] = await readJobs()
      delays.push(Number(row?.run_at) - now)
      expect(row?.last_error).toBe('the server is away')
      now = Number(row?.run_at)
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000])
  })

  test('drops a job with the transaction that did its work', async () => {
    await enqueue('a')
    await store.database.transaction((tx) => removeJob(tx, 'try', 'a'))
    expect(await readJobs()).toEqual([])
  })

  test('is processed by a runner that continues after failures and waits for the last job when stopped', async () => {
    const done: string[] = []
    const failures: string[] = []
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      lanes: {
        try: lane(async (key) => {
          if (key === 'bad') throw new Error('no')
          await wait(50)
          done.push(key)
        }),
      },
      onGivenUp() {},
      onFailure: (kind, error) => failures.push(`${kind}: ${(error as Error).message}`),
    })
    await enqueue('bad', clock.now() - 1)
    await enqueue('good')
    for (
      let waited = 0;
      !(await readJobs()).some((job) => job.leased_until !== null && job.key === 'good') && waited < 200;
      waited += 1
    )
      await wait(5)
    await stop()
    expect(done).toEqual(['good'])
    expect(failures).toEqual(['try: no'])
    expect((await readJobs()).map(({ key }) => key)).toEqual(['bad'])
  })

  const enqueueFor = (owner: string, keys: string[], kind = 'try') =>
    store.database.transaction(async (tx) => {
      for (const [place, key] of keys.entries())
        await enqueueJob(tx, { kind, key, owner }, clock.now() - 100 + place, clock.now())
    })
  const many = (owner: string, count: number) => Array.from({ length: count }, (_, made) => `${owner}${made}`)

  test('gives organizations turns, whatever the backlog of one', async () => {
    await enqueueFor('a', many('a', 20))
    const jobs = createJobStore(store.database)
    const next = async () => {
      const job = await jobs.lease(lease, clock.now())
      if (job !== undefined) await jobs.complete(job)
      return job?.key
    }
    expect([await next(), await next()]).toEqual(['a0', 'a1'])
    await enqueueFor('b', many('b', 2))
    await enqueueFor('c', many('c', 3))
    const order: (string | undefined)[] = []
    for (let taken = 0; taken < 8; taken += 1) order.push(await next())
    expect(order).toEqual(['b0', 'c0', 'a2', 'b1', 'c1', 'a3', 'c2', 'a4'])
  })

  test('lets no kind of job wait for another, and no organization for the workers of one that hangs', async () => {
    await enqueueFor('a', many('a', 41), 'letter')
    const done: string[] = []
    const hung = new Set<string>()
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      lanes: {
        letter: lane(
          (key, signal) =>
            new Promise((resolve, reject) => {
              if (key.startsWith('b')) {
                done.push(key)
                resolve()
                return
              }
              hung.add(key)
              signal.addEventListener('abort', () => reject(signal.reason))
            }),
          { workers: 3 },
        ),
        certificate: lane(async (key) => void done.push(key)),
      },
      onFailure() {},
      onGivenUp() {},
    })
    await expect.poll(() => hung.size, { timeout: 10_000 }).toBe(2)
    await enqueueFor('b', ['b-certificate'], 'certificate')
    await enqueueFor('b', ['b-letter'], 'letter')
    await expect.poll(() => done.toSorted(), { timeout: 10_000 }).toEqual(['b-certificate', 'b-letter'])
    expect(hung.size).toBe(2)
    await stop()
    // The interrupted job is not lost.
    expect((await readJobs()).filter(({ kind }) => kind === 'letter')).toHaveLength(41)
  })

  /** Returns another portal with short leases. */
  const times = { renew: 50, giveUp: 800, lost: 1200 }
  function runPortal(handler: JobHandler, more: Partial<Parameters<typeof runJobs>[0]> = {}) {
    const failures: string[] = []
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      times,
      lanes: { try: lane(handler) },
      onGivenUp() {},
      onFailure: (kind, error) => failures.push(`${kind}: ${(error as Error).message}`),
      ...more,
    })
    onTestFinished(stop)
    return { failures, stop }
  }

  test('gives a long job to one portal only, whatever the clock of another one', async () => {
    // A SQLite store has one portal.
    if (store.database.engine === 'sqlite') return
    const done: string[] = []
    const slowly =
      (name: string): JobHandler =>
      async () => {
        await wait(times.lost * 1.5)
        done.push(name)
      }
    await enqueue('a')
    runPortal(slowly('first'))
    await expect.poll(async () => (await readJobs())[0]?.attempts).toBe(1)
    const ahead = createTestClock()
    ahead.advance(86_400_000)
    runPortal(slowly('second'), { clock: ahead })
    await expect.poll(readJobs, { timeout: 10_000 }).toEqual([])
    expect(done).toEqual(['first'])
  })

  test('gives a job to another portal when its portal has died, even if their clocks differ', async () => {
    await enqueue('a')
    // It leases the job and never renews the lease.
    expect(await createJobStore(store.database).lease(lease, clock.now() + 86_400_000)).toBeDefined()
    const done: string[] = []
    const { failures } = runPortal(async (key) => void done.push(key))
    await expect.poll(() => done, { timeout: 10_000 }).toEqual(['a'])
    await expect.poll(readJobs).toEqual([])
    expect(failures).toEqual([])
  })

  test('stops a job that another portal has taken over, and leaves it to that one', async () => {
    const aborted: string[] = []
    await enqueue('a')
    const { failures } = runPortal(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push((signal.reason as Error).message)
            reject(signal.reason)
          })
        }),
    )
    await expect.poll(async () => (await readJobs())[0]?.attempts).toBe(1)
    await store.database.queries.updateTable('jobs').set({ attempts: 2, leased_until: 7 }).execute()
    await expect.poll(() => aborted, { timeout: 10_000 }).toEqual(['Another portal has taken it over.'])
    await expect.poll(() => failures).toEqual(['try: Another portal has taken it over.'])
    expect(await readJobs()).toMatchObject([{ attempts: 2, last_error: null }])
  })

  test('stops a job whose lease could not be renewed in time, and reports the unavailable store once', async () => {
    const away = () => Promise.reject(Object.assign(new Error('no route'), { code: 'ETIMEDOUT' }))
    let aborted = 0
    await enqueue('a')
    const jobs = createJobStore(store.database)
    const { failures, stop } = runPortal(
      async (_, signal) => {
        await once(signal, 'abort')
        aborted += 1
        throw signal.reason
      },
      { jobs: Object.assign(jobs, { renewLeases: away, listLeases: away, fail: away }) },
    )
    await expect.poll(() => aborted, { timeout: 10_000 }).toBe(1)
    await wait(200)
    await stop()
    expect(failures.filter((failure) => failure === 'queue: no route')).toHaveLength(1)
    // The lease still exists: another portal takes it when it is not renewed.
    expect((await readJobs()).map(({ leased_until }) => leased_until)).not.toContain(null)
  })

  test('limits the time of every attempt, whatever the handler does', async () => {
    await enqueue('a')
    const failures: string[] = []
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      lanes: { try: lane(() => new Promise(() => {}), { attemptSeconds: 0.05 }) },
      onFailure: (_, error) => failures.push((error as Error).message),
      onGivenUp() {},
    })
    await expect.poll(() => failures, { timeout: 10_000 }).toEqual(['It took more than 0.05 s.'])
    await stop()
  })

  test('fails a job permanently after the last attempt, reports it once, and retries on request', async () => {
    const told: string[] = []
    const tried: string[] = []
    await enqueueFor('org_a', ['bad', 'final'])
    const given: string[] = []
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      lanes: {
        try: lane(
          async (key) => {
            tried.push(key)
            throw key === 'final' ? new FinalFailure('never') : new Error('not now')
          },
          { maxAttempts: 3, onGivenUp: async (key) => void given.push(key) },
        ),
      },
      onFailure() {},
      onGivenUp: ({ key }) => told.push(key),
    })
    const toldLater = () => {
      clock.advance(900_000)
      return told.toSorted()
    }
    await expect.poll(toldLater, { timeout: 10_000 }).toEqual(['bad', 'final'])
    await wait(600)
    await stop()
    expect(tried.filter((key) => key === 'bad')).toHaveLength(3)
    expect(tried.filter((key) => key === 'final')).toHaveLength(1)
    expect(given.toSorted()).toEqual(['bad', 'final'])
    const audit = await store.database.queries.selectFrom('audit').selectAll().execute()
    expect(audit.map(({ action, organization_id }) => [action, organization_id])).toEqual([
      ['job.given_up', 'org_a'],
      ['job.given_up', 'org_a'],
    ])
    const jobs = createJobStore(store.database)
    expect(await jobs.isDue('try', clock.now() + 1e12)).toBe(false)
    await enqueue('bad')
    expect(await jobs.lease(lease, clock.now())).toMatchObject({ key: 'bad', attempts: 1 })
  })
})
