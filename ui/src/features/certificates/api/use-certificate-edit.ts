import { useQueryClient } from '@tanstack/react-query'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { nameForm } from '../../../lib/kept-input.ts'
import { useEdit } from '../../../lib/use-edit.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { rememberCertificate } from './remember-certificate.ts'

type Change = Sent<typeof operations.updateCertificate>['body']

/** Changes what users enter about a certificate; `toFields` selects what the form holds. */
export function useCertificateEdit(
  start: CertificateView,
  toFields: (certificate: CertificateView) => object,
) {
  const { params: workspace } = useWorkspace()
  const queries = useQueryClient()
  const params = { organization: workspace.organization, certificateId: start.id }
  const edit = useEdit({
    start,
    toFields,
    read: () => call(operations.getCertificate, { params, query: {} }),
    async send(body: Change, edited) {
      const certificate = await call(operations.updateCertificate, { params, body, edited })
      rememberCertificate(queries, params.organization, certificate)
      return certificate
    },
  })
  return { ...edit, form: nameForm(operations.updateCertificate, params) }
}

export type CertificateEdit = ReturnType<typeof useCertificateEdit>
