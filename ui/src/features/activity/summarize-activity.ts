import type { ActivityView } from '../../../../src/contract/activity.ts'
import { refusalTitle } from '../../lib/refusal-titles.ts'

/** One thing and how often it was seen. */
export interface Share {
  label: string
  count: number
  tone: 'good' | 'bad' | 'neutral'
}

/** How often each outcome, TLS version and client address occurs in `rows`, the most frequent first. */
export function summarizeActivity(rows: ActivityView[]): {
  outcomes: Share[]
  tlsVersions: Share[]
  addresses: Share[]
} {
  return {
    outcomes: count(rows, outcomeOf),
    tlsVersions: count(rows, ({ tlsVersion }) => tlsVersion && { label: tlsVersion, tone: 'neutral' }),
    addresses: count(rows, ({ clientAddress }) => ({ label: clientAddress, tone: 'neutral' })),
  }
}

function outcomeOf({ outcome, status, code }: ActivityView): Omit<Share, 'count'> {
  if (outcome === 'refused') return { label: refusalTitle(code), tone: 'bad' }
  return {
    label: status === null ? 'connected' : `HTTP ${status}`,
    tone: (status ?? 200) < 400 ? 'good' : 'bad',
  }
}

function count(rows: ActivityView[], read: (row: ActivityView) => Omit<Share, 'count'> | '' | null): Share[] {
  const shares = new Map<string, Share>()
  for (const row of rows) {
    const seen = read(row)
    if (seen === null || seen === '') continue
    const share = shares.get(seen.label) ?? { ...seen, count: 0 }
    share.count += 1
    shares.set(share.label, share)
  }
  return [...shares.values()].sort((a, b) => b.count - a.count)
}
