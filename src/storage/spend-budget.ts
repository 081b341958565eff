import { prepareQuery } from './prepare-query.ts'
import type { Tx } from './transact.ts'

/** So much of something in each span of time, which begins at a whole multiple of its length. */
export interface Budget {
  /** What is counted, and whose. */
  subject: string
  spanMilliseconds: number
  most: number
}

/** When the span that `now` falls into began. */
export const startOfSpan = ({ spanMilliseconds }: Pick<Budget, 'spanMilliseconds'>, now: number): number =>
  now - (now % spanMilliseconds)

/**
 * Counts one of a budget, in the transaction that needs it; false, and nothing is counted, where the budget is
 * spent. Of two at once one gets the last.
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
