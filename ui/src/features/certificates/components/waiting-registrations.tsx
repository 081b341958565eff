import { useQuery } from '@tanstack/react-query'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { registrationsQuery } from '../api/list-registrations.ts'

/** Shows registrations without proof of possession; nothing if there are none. */
export function WaitingRegistrations() {
  const { params, environment } = useWorkspace()
  const { data } = useQuery({
    ...registrationsQuery(params),
    enabled: environment.externalCertificates !== 'off',
  })
  const waiting = data?.items.filter(({ status }) => status === 'pending') ?? []
  if (waiting.length === 0) return null
  return (
    <Notice tone="info" title="Waiting for proof of possession">
      <ul>
        {waiting.map(({ id, subject, issuer }) => (
          <li key={id}>
            <TextLink
              to="/o/$organization/$environment/certificates/registrations/$registrationId"
              params={{ ...params, registrationId: id }}
            >
              {subject || `Certificate from ${issuer}`}
            </TextLink>
          </li>
        ))}
      </ul>
    </Notice>
  )
}
