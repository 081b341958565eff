import { expect, test } from 'vitest'
import { createTurns } from './take-turns.ts'

function openTurns(limits: { atOnce: number; maxWaiting: number }) {
  const turns = createTurns(limits, () => new Error('refused'))
  const log: string[] = []
  const ends: (() => void)[] = []
  let most = 0
  let running = 0
  const run = (group: string, name: string) =>
    turns
      .run(group, async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise<void>((end) => ends.push(end))
        running -= 1
        log.push(name)
      })
      .catch((error: Error) => log.push(`${name} ${error.message}`))
  const finish = async () => {
    for (let idle = 0; idle < 20; idle++) {
      for (const end of ends.splice(0)) {
        end()
        idle = 0
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { run, finish, log, most: () => most }
}

test('a group with a long queue delays the others by one turn', async () => {
  const { run, finish, log, most } = openTurns({ atOnce: 1, maxWaiting: 64 })
  for (let n = 0; n < 20; n++) void run('flood', `flood ${n}`)
  void run('honest', 'honest')
  await finish()
  expect(log.indexOf('honest')).toBeLessThanOrEqual(2)
  expect(log).toHaveLength(21)
  expect(most()).toBe(1)
})

test('a group that fills the queue is refused, and others are accepted', async () => {
  const { run, finish, log } = openTurns({ atOnce: 2, maxWaiting: 8 })
  for (let n = 0; n < 100; n++) void run('flood', `flood ${n}`)
  for (let n = 0; n < 3; n++) void run(`honest ${n}`, `honest ${n}`)
  await finish()
  expect(log.filter((name) => name.endsWith('refused'))).toHaveLength(93)
  expect(log).toEqual(expect.arrayContaining(['honest 0', 'honest 1', 'honest 2']))
})
