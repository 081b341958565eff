import { execFile } from 'node:child_process'

/** What systemd is told about a service of `Type=notify`. */
export interface SystemdNotifier {
  /** The service is ready; from now on systemd hears regularly that its event loop responds. */
  ready(): Promise<void>
  /** The service stops. */
  stopping(): Promise<void>
}

const maxMs = 5000

/**
 * Creates the notifier of this process; does nothing where systemd has not started it. Node cannot send to the
 * socket of systemd (AF_UNIX datagrams), so the program `systemd-notify` does; the unit needs `NotifyAccess=all`.
 * `log` gets one sentence if that program is missing or fails.
 */
export function createSystemdNotifier(
  environment: NodeJS.ProcessEnv,
  log: (sentence: string) => void,
): SystemdNotifier {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval, WATCHDOG_PID: watched } = environment
  // Parts are not for systemd to hear.
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name]
  let isTold = false
  const send = (...args: string[]): Promise<void> =>
    new Promise((resolve) => {
      if (socket === undefined) return resolve()
      const env = { ...environment, NOTIFY_SOCKET: socket }
      execFile('systemd-notify', args, { env, timeout: maxMs }, (error) => {
        if (error !== null && !isTold) {
          isTold = true
          log(`systemd cannot be told about the state of Postern (systemd-notify: ${error.code}).`)
        }
        resolve()
      })
    })
  const isWatched = interval !== undefined && (watched === undefined || Number(watched) === process.pid)
  return {
    async ready() {
      await send('--ready')
      // Half of the time in which systemd wants to hear something, as sd_watchdog_enabled(3) advises.
      if (isWatched) setInterval(() => void send('WATCHDOG=1'), Number(interval) / 2000).unref()
    },
    stopping: () => send('STOPPING=1'),
  }
}
