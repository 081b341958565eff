import { prepareQuery } from './prepare-query.ts'
import type { Tx } from './transact.ts'

/** A limit per time span; spans begin at multiples of their length. */
export interface Budget {
  /** What is counted, and for whom. */
  subject: string
  spanMs: number
  most: number
}

/** Returns the start of the span that contains `now`. */
export const startOfSpan = ({ spanMs }: Pick<Budget, 'spanMs'>, now: number): number => now - (now % spanMs)

/**
 * Counts one use of a budget in the transaction that needs it; returns false, and counts nothing, if the
 * budget is used up. Of two concurrent uses one gets the last.
 */
export async function spendBudget(tx: Tx, budget: Budget, now: number): Promise<boolean> {
  const { subject, most } = budget
  if (most < 1) return false
  const [spent] = await countOne(tx, { subject, most, start: startOfSpan(budget, now) })
  return spent !== undefined
}

const countOne = prepareQuery((queries, values: { subject: string; start: number; most: number }) =>
  queries
    .insertInto('budgets')
    .values((e) => ({ subject: values.subject, start: values.start, spent: e.lit(1) }))
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'start'])
        .doUpdateSet((e) => ({ spent: e('budgets.spent', '+', e.lit(1)) }))
        .where('budgets.spent', '<', values.most),
    )
    .returning('spent'),
)
