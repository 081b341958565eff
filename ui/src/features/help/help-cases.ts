import { apiCertificateCases } from './cases/api-certificate-cases.ts'
import { apiCredentialCases } from './cases/api-credential-cases.ts'
import { apiRequestCases } from './cases/api-request-cases.ts'
import { certificateCases } from './cases/certificate-cases.ts'
import { connectionCases } from './cases/connection-cases.ts'
import { portalCases } from './cases/portal-cases.ts'
import { tokenCases } from './cases/token-cases.ts'
import type { HelpCase } from './help-case.ts'

/** Where a user meets a problem. */
export interface HelpGroup {
  title: string
  cases: HelpCase[]
}

/** All help cases, from symptom to fix. */
export const helpGroups: HelpGroup[] = [
  { title: 'The certificate is refused (403)', cases: certificateCases },
  { title: 'The token is refused (401, 403)', cases: tokenCases },
  { title: 'cURL, Postman or the network complains', cases: connectionCases },
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
