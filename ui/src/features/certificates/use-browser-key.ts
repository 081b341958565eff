import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { operations } from '../../../../src/contract/operations.ts'
import { keyFileName } from '../../../../src/kits/file-names.ts'
import type { NewKeyKind } from '../../../../src/pki/request/create-key-and-request.ts'
import { call } from '../../lib/call.ts'
import { saveFile } from '../../lib/save-file.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { certificateQuery } from './api/get-certificate.ts'
import { rememberCertificate } from './api/remember-certificate.ts'
import type { BrowserKey } from './create-browser-key.ts'

/** The media type of a private key in PEM. */
export const keyMediaType = 'application/x-pem-file'

/** What the page holds of a key that it makes, and the way to make it. */
export interface BrowserKeyState {
  key: BrowserKey | undefined
  create: (kind: NewKeyKind) => void
  busy: boolean
  error: unknown
}

/**
 * Makes the key of a draft in this page: saves it as a file, then submits its CSR. The key stays in memory until the
 * component is gone, and is stored and sent nowhere. After an error the same key is submitted again.
 */
export function useBrowserKey(certificate: CertificateView): BrowserKeyState {
  const { params } = useWorkspace()
  const ids = { organization: params.organization, certificateId: certificate.id }
  const queries = useQueryClient()
  const [key, setKey] = useState<BrowserKey>()
  const running = useRef(false)
  const submission = useMutation({
    mutationFn: async (kind: NewKeyKind) => {
      let made = key
      if (made?.kind !== kind) {
        const { createBrowserKey, toKeyFile } = await import('./create-browser-key.ts')
        made = await createBrowserKey(kind, certificate)
        setKey(made)
        // The file comes first: a certificate whose key is lost would be of no use.
        saveFile(keyFileName(certificate.name), toKeyFile(made), keyMediaType)
      }
      return call(operations.submitCsr, { params: ids, body: { csr: made.csr } })
    },
    onSuccess: (issued) => rememberCertificate(queries, params.organization, issued),
    // The answer may be lost after the CSR was accepted: the certificate itself tells.
    onError: () => queries.invalidateQueries({ queryKey: certificateQuery(ids).queryKey }),
    onSettled: () => {
      running.current = false
    },
  })
  useLeaveWarning(key !== undefined && certificate.status === 'draft')
  const create: BrowserKeyState['create'] = (kind) => {
    // Two clicks can come before the button is disabled, and would make two keys.
    if (running.current) return
    running.current = true
    submission.mutate(kind)
  }
  return { key, create, busy: submission.isPending, error: submission.error }
}

/** Lets the browser ask before the page is closed or reloaded. */
function useLeaveWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [active])
}
