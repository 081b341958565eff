import type { Problem, ProblemCode } from './readiness.ts'

/** The parts of a process tree that balancers send work to. */
export const roles = ['portal', 'gateway', 'publication'] as const
export type ProcessRole = (typeof roles)[number]

/** A process as its supervisor sees it; one that is silent did not answer in time. */
export interface ProcessState {
  name: string
  role: ProcessRole
  state: 'starting' | 'serving' | 'silent'
  problems: readonly Problem[]
}

/** Whether a host should get work, and why not. It names processes and codes, nothing of a customer. */
export interface HostReadiness {
  status: 'ready' | 'not_ready'
  roles: { role: ProcessRole; status: 'ready' | 'not_ready'; processes: number; serving: number }[]
  problems: { code: ProblemCode; blocking: boolean; role: ProcessRole; processes: string[] }[]
}

/**
 * Judges a host by its processes. A role is ready if a process serves, and each one that serves may: what a
 * process does not accept, another of the host does, so one that starts or is silent takes nothing away.
 * `isStrict` counts every problem.
 */
export function judgeHost(
  processes: readonly ProcessState[],
  asked: readonly ProcessRole[],
  { isDraining, isStrict }: { isDraining: boolean; isStrict: boolean },
): HostReadiness {
  const judged = asked.map((role) => {
    const own = processes.filter((one) => one.role === role)
    const serving = own.filter(({ state }) => state === 'serving').length
    const problems = listProblems(role, own, { isServed: serving > 0, isDraining })
    const isReady = !problems.some(({ blocking }) => blocking || isStrict)
    return { role, isReady, processes: own.length, serving, problems }
  })
  const statusOf = (isReady: boolean) => (isReady ? 'ready' : 'not_ready')
  return {
    status: statusOf(judged.every(({ isReady }) => isReady)),
    roles: judged.map(({ role, isReady, processes: count, serving }) => ({
      ...{ role, status: statusOf(isReady), processes: count, serving },
    })),
    problems: judged.flatMap(({ problems }) => problems),
  }
}

function listProblems(
  role: ProcessRole,
  processes: readonly ProcessState[],
  { isServed, isDraining }: { isServed: boolean; isDraining: boolean },
): HostReadiness['problems'] {
  const found = new Map<ProblemCode, { blocking: boolean; processes: string[] }>()
  const add = (code: ProblemCode, blocking: boolean, ...names: string[]): void => {
    const present = found.get(code) ?? { blocking: false, processes: [] }
    const all = [...new Set([...present.processes, ...names])]
    found.set(code, { blocking: present.blocking || blocking, processes: all })
  }
  if (isDraining) add('draining', true)
  if (processes.length === 0) add('starting', true)
  for (const { name, state, problems } of processes) {
    if (state === 'starting') add('starting', !isServed, name)
    else if (state === 'silent') add('not_responding', !isServed, name)
    else for (const { code, isBlocking } of problems) add(code, isBlocking, name)
  }
  return [...found].map(([code, { blocking, processes: names }]) => ({
    code,
    blocking,
    role,
    processes: names,
  }))
}
