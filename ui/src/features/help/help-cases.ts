import { apiCertificateCases } from './cases/api-certificate-cases.ts'
import { apiCredentialCases } from './cases/api-credential-cases.ts'
import { apiRequestCases } from './cases/api-request-cases.ts'
import { certificateCases } from './cases/certificate-cases.ts'
import { clientFileCases } from './cases/client-file-cases.ts'
import { connectionCases } from './cases/connection-cases.ts'
import { portalCases } from './cases/portal-cases.ts'
import { serverTrustCases } from './cases/server-trust-cases.ts'
import { tokenCases } from './cases/token-cases.ts'
import type { HelpCase } from './help-case.ts'

/** Where a user meets a problem. */
export interface HelpGroup {
  title: string
  cases: HelpCase[]
}

/** All help cases, from symptom to fix. */
export const helpGroups: HelpGroup[] = [
  { title: 'The certificate is denied (403)', cases: certificateCases },
  { title: 'The token is denied (401, 403)', cases: tokenCases },
  { title: 'The program cannot use key or certificate', cases: clientFileCases },
  { title: 'The program does not trust the gateway', cases: serverTrustCases },
  { title: 'The connection fails', cases: connectionCases },
  { title: 'Something else', cases: portalCases },
]

/** Cases of the API, which only the pages about codes show. */
const apiCases = [...apiRequestCases, ...apiCertificateCases, ...apiCredentialCases]

/** Returns the case for a code of the gateway or of the API. */
export function findCaseByCode(code: string): HelpCase | undefined {
  return [...helpGroups.flatMap(({ cases }) => cases), ...apiCases].find(({ codes }) =>
    codes.some((each) => each === code),
  )
}

/** Returns the help case with this ID. */
export const findCaseById = (id: string): HelpCase | undefined =>
  helpGroups.flatMap(({ cases }) => cases).find((each) => each.id === id)

/** Returns the groups with the cases that contain `text` in symptom, message or code. */
export function findCases(text: string): HelpGroup[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return helpGroups
  return helpGroups
    .map(({ title, cases }) => ({
      title,
      cases: cases.filter(({ symptom, says, codes, meaning }) =>
        [symptom, meaning, ...says, ...codes].some((each) => each.toLowerCase().includes(wanted)),
      ),
    }))
    .filter(({ cases }) => cases.length > 0)
}
