import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-world.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createJobStore, enqueueJob, removeJob } from './job-store.ts'
import { runJobs } from './run-jobs.ts'

const run = promisify(execFile)

describeOnBothEngines('the queue', (store) => {
  const clock = createTestClock()
  const enqueue = (key: string, runAt = clock.now()) =>
    store.database.transaction((tx) => enqueueJob(tx, { kind: 'try', key }, runAt, clock.now()))
  const readJobs = () => store.database.queries.selectFrom('jobs').selectAll().execute()
  beforeEach(async () => {
    await store.database.queries.deleteFrom('jobs').execute()
  })

  test('forgets a job with the transaction that did not happen', async () => {
    const failing = store.database.transaction(async (tx) => {
      await enqueueJob(tx, { kind: 'try', key: 'a' }, 0, 0)
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    expect(await readJobs()).toEqual([])
  })

  test('gives each job to one worker when several processes ask at once', async () => {
    for (let made = 0; made < 20; made += 1) await enqueue(`k${made}`)
    const script = new URL('../../test/support/job-worker.ts', import.meta.url).pathname
    const work = () => run(process.execPath, [script, JSON.stringify(store.location), String(clock.now())])
    const outputs = await Promise.all([work(), work(), work()])
    const keys = outputs.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean))
    expect(keys.sort()).toEqual(Array.from({ length: 20 }, (_, made) => `k${made}`).sort())
  })

  test('gives a job again when its worker has died', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    expect(await jobs.lease(clock.now())).toMatchObject({ key: 'a', attempts: 1 })
    expect(await jobs.lease(clock.now() + 59_000)).toBeUndefined()
    expect(await jobs.lease(clock.now() + 61_000)).toMatchObject({ key: 'a', attempts: 2 })
  })

  test('keeps one job per kind and key, at the earlier moment', async () => {
    await enqueue('a', clock.now() + 5000)
    await enqueue('a', clock.now() + 9000)
    await enqueue('a', clock.now() + 1000)
    expect((await readJobs()).map((job) => Number(job.run_at))).toEqual([clock.now() + 1000])
  })

  test('runs a job once more when it was asked for again while it ran', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    const job = await jobs.lease(clock.now())
    if (job === undefined) throw new Error('no job')
    await enqueue('a')
    await jobs.complete(job)
    expect(await jobs.lease(clock.now())).toMatchObject({ key: 'a' })
  })

  test('does not lose a job that another worker is doing when the first one ends', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    const first = await jobs.lease(clock.now())
    await enqueue('a')
    const second = await jobs.lease(clock.now())
    if (first === undefined || second === undefined) throw new Error('no job')
    await jobs.complete(first)
    await jobs.fail(second, 'try again', clock.now())
    expect(await readJobs()).toHaveLength(1)
  })

  test('waits longer after each failure, and says why', async () => {
    await enqueue('a')
    const jobs = createJobStore(store.database)
    let now = clock.now()
    const delays: number[] = []
    for (let tried = 0; tried < 4; tried += 1) {
      const job = await jobs.lease(now)
      if (job === undefined) throw new Error('no job')
      await jobs.fail(job, 'the server is away', now)
      const [row] = await readJobs()
      delays.push(Number(row?.run_at) - now)
      expect(row?.last_error).toBe('the server is away')
      now = Number(row?.run_at)
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000])
  })

  test('is taken back with the transaction that did its work', async () => {
    await enqueue('a')
    await store.database.transaction((tx) => removeJob(tx, 'try', 'a'))
    expect(await readJobs()).toEqual([])
  })

  test('is worked off by a runner that goes on after failures and waits for the last when stopped', async () => {
    const done: string[] = []
    const failures: string[] = []
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      handlers: {
        async try(key) {
          if (key === 'bad') throw new Error('no')
          await wait(50)
          done.push(key)
        },
      },
      onFailure: (kind, error) => failures.push(`${kind}: ${(error as Error).message}`),
    })
    await enqueue('bad')
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
})
