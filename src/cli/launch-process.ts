import { type ChildProcess, fork } from 'node:child_process'
import { type Answer, type Ask, createQuestions, type Question } from './ask-process.ts'
import type { ListeningSocket } from './bind-listening-sockets.ts'
import { type HeartbeatTimes, watchHeartbeat } from './watch-heartbeat.ts'

/**
 * A message from a part to its supervisor: it is ready, it stops, its event loop responds, the other parts
 * are to read the configuration again, or an answer.
 */
export type ProcessMessage = 'ready' | 'stopping' | 'alive' | typeof reload | Answer
/** A message from the supervisor to a part. */
export type SupervisorMessage = typeof heartbeat | typeof drain | typeof reload | Ask
/** The supervisor's request to a part, answered with `alive`. */
export const heartbeat = 'heartbeat'
/** The supervisor's word that it will stop the part after a while. */
export const drain = 'drain'
/** The word that the configuration is to be read again. */
export const reload = 'reload'

/** How a process ended. */
export interface Ending {
  /** The signal or the exit code, as text. */
  how: string
  exitCode: number | undefined
  wasReady: boolean
}

/** A process of a part. */
export interface Run {
  ready: Promise<void>
  /** Resolves when the process accepts no more connections and will end. */
  stopping: Promise<void>
  ended: Promise<Ending>
  isReady(): boolean
  isStopping(): boolean
  /** Returns the answer of the process; undefined if there is none in time. */
  ask(question: Question, milliseconds: number): Promise<unknown>
  /** Tells the process to read the configuration again, once it is ready. */
  reload(): void
  /** Tells the process that it will be stopped. */
  drain(): void
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

/** The options of a new process. */
export interface Launch {
  script: string
  arguments: readonly string[]
  nodeOptions: readonly string[]
  sockets: readonly ListeningSocket[]
  heartbeat: HeartbeatTimes
  /** Called when the process asks that all parts read the configuration again. */
  onReload(): void
}

const firstInherited = 4

/**
 * Starts a process of a part. Its arguments name the inherited sockets, each with its descriptor. Once it is
 * ready, it is killed when it hangs, after `onHung`. Throws if the system cannot create the process.
 */
export function launchProcess(launch: Launch, onHung: () => void): Run {
  const inherited = launch.sockets.flatMap(({ port }, index) => [
    '--socket',
    `${port}=${firstInherited + index}`,
  ])
  const child = fork(launch.script, [...launch.arguments, ...inherited], {
    execArgv: [...launch.nodeOptions, ...process.execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...launch.sockets.map(({ descriptor }) => descriptor)],
  })
  const ready = Promise.withResolvers<void>()
  const stopping = Promise.withResolvers<void>()
  let watch: ReturnType<typeof watchHeartbeat> | undefined
  let isStopping = false
  const send = (message: SupervisorMessage, onSent: (error: Error | null) => void) =>
    void child.send(message, onSent)
  const questions = createQuestions(send)
  child.on('message', (message: ProcessMessage) => {
    if (message === 'alive') watch?.answer()
    if (message === reload) launch.onReload()
    if (typeof message === 'object') return questions.take(message)
    if (message === 'stopping') {
      isStopping = true
      stopping.resolve()
    }
    if (message !== 'ready' || watch !== undefined) return
    watch = watchHeartbeat(launch.heartbeat, {
      // A process that has just ended cannot be asked.
      ask: () => send(heartbeat, () => {}),
      onHung() {
        onHung()
        child.kill('SIGKILL')
      },
    })
    ready.resolve()
  })
  const isReady = () => watch !== undefined
  return {
    ready: ready.promise,
    stopping: stopping.promise,
    ended: endOf(child, isReady).finally(() => {
      watch?.stop()
      questions.end()
    }),
    isReady,
    isStopping: () => isStopping,
    ask: questions.ask,
    reload: () => void ready.promise.then(() => send(reload, () => {})),
    drain: () => send(drain, () => {}),
    kill: (signal) => void child.kill(signal),
  }
}

function endOf(child: ChildProcess, isReady: () => boolean): Promise<Ending> {
  return new Promise((resolve) => {
    const end = (how: string, exitCode?: number) => resolve({ how, exitCode, wasReady: isReady() })
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`, code ?? undefined))
    child.on('error', (error: NodeJS.ErrnoException) => {
      // No process was created, so none will exit: the machine is out of memory or processes.
      if (child.pid === undefined) end(error.code ?? error.message)
    })
  })
}
