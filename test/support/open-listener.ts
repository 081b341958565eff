import { pino } from 'pino'

/** What a test listener needs: a silent log, and limits that no test reaches. */
export const openListener = {
  portalUrl: 'http://localhost',
  log: pino({ enabled: false }),
  limits: { total: 1000, perAddress: 0, requestSeconds: 30, idleSeconds: 30, isProxy: () => false },
}
