interface Waiting {
  start(): void
  refuse(): void
}

/**
 * Runs at most `atOnce` pieces of work at a time; at most `maxWaiting` others wait. Groups take turns, so
 * that one with a long queue delays the others by one piece of work. When the queue is full, the latest of
 * the group with the longest queue is refused: `run` then throws the result of `refusal`.
 */
export function createTurns(
  { atOnce, maxWaiting }: { atOnce: number; maxWaiting: number },
  refusal: () => Error,
) {
  const groups = new Map<string, Waiting[]>()
  let running = 0
  let waiting = 0

  const next = (): void => {
    const [group] = groups
    if (group === undefined || running >= atOnce) return
    const [name, queue] = group
    const first = queue.shift()
    groups.delete(name)
    if (queue.length > 0) groups.set(name, queue)
    waiting -= 1
    running += 1
    first?.start()
  }
  const makeRoom = (): void => {
    if (waiting <= maxWaiting) return
    const [name, queue] = [...groups].reduce((most, each) => (each[1].length >= most[1].length ? each : most))
    const last = queue.pop()
    if (queue.length === 0) groups.delete(name)
    waiting -= 1
    last?.refuse()
  }

  return {
    async run<T>(group: string, work: () => Promise<T>): Promise<T> {
      await new Promise<void>((start, reject) => {
        const queue = groups.get(group) ?? []
        groups.set(group, queue)
        queue.push({ start, refuse: () => reject(refusal()) })
        waiting += 1
        next()
        makeRoom()
      })
      try {
        return await work()
      } finally {
        running -= 1
        next()
      }
    },
  }
}
