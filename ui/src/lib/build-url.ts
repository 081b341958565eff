import type { Operation } from '../../../src/contract/operation.ts'

/** Returns the URL of an operation on this origin, with its path parameters and query. */
export function buildUrl(
  operation: Pick<Operation, 'path'>,
  params: Record<string, unknown> = {},
  query: Record<string, unknown> = {},
): string {
  const path = operation.path.replaceAll(/:([a-zA-Z]+)/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `/api/v1${path}${search && `?${search}`}`
}
