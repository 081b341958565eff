import { createHash } from 'node:crypto'
import pg from 'pg'

/**
 * Whether the sessions of a pool are its own. Behind a pooler in transaction mode a prepared statement would stay in a
 * session that somebody else uses next.
 */
export interface SessionUse {
  isExclusive: boolean
}

/** What PostgreSQL answers where a session lost the statement, has it from somebody else, or its tables have changed. */
const lostPlan = new Set(['26000', '42P05', '0A000'])

const names = new Map<string, string>()

/**
 * Lets PostgreSQL keep the plan of a query: to plan it may cost several times as much as to answer it, and the change of
 * one row makes each gateway ask. For queries that name their columns and run outside of transactions.
 */
export function keepPlan(text: string): void {
  // The name says what the statement is: one of another process with the same name gives the same rows.
  names.set(text, `postern_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)
}

/** Returns the client of a pool, which has plans kept while its sessions are exclusive. */
export function createClientClass(sessions: SessionUse): typeof pg.Client {
  let isLost = false
  return class extends pg.Client {
    // biome-ignore lint/suspicious/noExplicitAny: it has the overloads of the one that it replaces.
    override query(...values: any[]): any {
      const [text, parameters] = values
      const ask = super.query.bind(this) as (...given: unknown[]) => Promise<unknown>
      const name = sessions.isExclusive && !isLost ? names.get(text) : undefined
      if (name === undefined || values.length > 2) return ask(...values)
      return ask({ name, text, values: parameters }).catch((error) => {
        if (!(error instanceof pg.DatabaseError && lostPlan.has(error.code ?? ''))) throw error
        isLost = true
        return ask(text, parameters)
      })
    }
  }
}
