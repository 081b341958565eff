import { expect, test } from 'vitest'
import { judgeHost, type ProcessState } from './judge-host.ts'
import type { Problem } from './readiness.ts'

const usual = { isDraining: false, isStrict: false }
const gateway = (
  index: number,
  state: ProcessState['state'] = 'serving',
  ...problems: Problem[]
): ProcessState => ({ name: `gateway ${index}`, role: 'gateway', state, problems })
const portal: ProcessState = { name: 'portal', role: 'portal', state: 'serving', problems: [] }
const stale: Problem = { code: 'change_log_behind', isBlocking: true }
const late: Problem = { code: 'change_log_behind', isBlocking: false }

test('a host whose processes all serve is ready', () => {
  expect(judgeHost([portal, gateway(1), gateway(2)], ['portal', 'gateway'], usual)).toEqual({
    status: 'ready',
    roles: [
      { role: 'portal', status: 'ready', processes: 1, serving: 1 },
      { role: 'gateway', status: 'ready', processes: 2, serving: 2 },
    ],
    problems: [],
  })
})

test.each(['starting', 'silent'] as const)(
  'a process that is %s takes nothing away while another serves',
  (state) => {
    const code = state === 'silent' ? 'not_responding' : 'starting'
    const problem = { code, role: 'gateway', processes: ['gateway 1'] }
    const one = judgeHost([gateway(1, state), gateway(2)], ['gateway'], usual)
    expect(one).toMatchObject({ status: 'ready', problems: [{ ...problem, blocking: false }] })
    const none = judgeHost([gateway(1, state)], ['gateway'], usual)
    expect(none).toMatchObject({ status: 'not_ready', problems: [{ ...problem, blocking: true }] })
  },
)

test('a host is not ready if one of the processes that take calls may not', () => {
  const { status, problems } = judgeHost(
    [gateway(1), gateway(2, 'serving', stale), gateway(3, 'serving', late)],
    ['gateway'],
    usual,
  )
  expect(status).toBe('not_ready')
  expect(problems).toEqual([
    { code: 'change_log_behind', blocking: true, role: 'gateway', processes: ['gateway 2', 'gateway 3'] },
  ])
})

test('a problem of one role says nothing about the other', () => {
  const processes = [portal, gateway(1, 'serving', stale)]
  expect(judgeHost(processes, ['portal'], usual).status).toBe('ready')
  expect(judgeHost(processes, ['portal', 'gateway'], usual)).toMatchObject({
    status: 'not_ready',
    roles: [{ status: 'ready' }, { status: 'not_ready' }],
  })
})

test('a host that stops, or has not started, is not ready', () => {
  const draining = judgeHost([gateway(1)], ['gateway'], { ...usual, isDraining: true })
  expect(draining).toMatchObject({ status: 'not_ready', problems: [{ code: 'draining' }] })
  const empty = judgeHost([], ['gateway'], usual)
  expect(empty).toMatchObject({ status: 'not_ready', problems: [{ code: 'starting', processes: [] }] })
})

test('every problem counts for those who ask strictly', () => {
  const processes = [gateway(1, 'serving', late)]
  expect(judgeHost(processes, ['gateway'], usual).status).toBe('ready')
  expect(judgeHost(processes, ['gateway'], { ...usual, isStrict: true }).status).toBe('not_ready')
})
