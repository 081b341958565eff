import { useSyncExternalStore } from 'react'
import type { CredentialView } from '../../../../src/contract/credential.ts'

const maxSecrets = 50
/** In the memory of the page alone: a reload or the end of the session removes them. */
let secrets: ReadonlyMap<string, string> = new Map()
const listeners = new Set<() => void>()

/** Keeps the latest secret of credentials until the page is reloaded; at most 50, the oldest is dropped. */
export function keepSecret(credentialId: string, secret: string): void {
  const others = [...secrets].filter(([id]) => id !== credentialId).slice(1 - maxSecrets)
  secrets = new Map([...others, [credentialId, secret]])
  for (const listener of listeners) listener()
}

/** Returns a secret of credentials that was created in this page and is still valid; undefined otherwise. */
export function useKnownSecret(credential: CredentialView | undefined): string | undefined {
  const known = useSyncExternalStore(subscribe, () =>
    credential === undefined ? undefined : secrets.get(credential.id),
  )
  return credential?.secrets.some(({ hint }) => known?.endsWith(hint)) ? known : undefined
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
