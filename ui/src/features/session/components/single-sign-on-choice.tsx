import { Button, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconLogin2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { signInMethodQuery, useStartSingleSignOn } from '../api/single-sign-on.ts'
import { keepNextPage } from '../next-page.ts'

const typingMs = 300

/** The button that signs in with single sign-on; it stands out if the domain of the address has it. */
export function SingleSignOnChoice({ email, next }: { email: string; next: string }) {
  const [typed] = useDebouncedValue(email, typingMs)
  const { data } = useQuery(signInMethodQuery(typed))
  const start = useStartSingleSignOn()
  const [isAsked, setAsked] = useState(false)
  const hint = describeMethod(email, data, isAsked)
  return (
    <Stack gap="xs" mt="sm">
      {start.isError && <ErrorNotice error={start.error} title="Single sign-on did not start" />}
      <Button
        size="md"
        variant={data?.singleSignOn ? 'filled' : 'default'}
        leftSection={<IconLogin2 size={18} aria-hidden />}
        disabled={start.isPending || start.isSuccess}
        onClick={() => {
          setAsked(true)
          if (!data?.singleSignOn) return
          keepNextPage(next)
          start.mutate(email.trim())
        }}
      >
        Sign in with single sign-on
      </Button>
      <Text size="sm" role="status">
        {hint}
      </Text>
    </Stack>
  )
}

/** Says whether single sign-on can be used; undefined until it matters. */
function describeMethod(
  email: string,
  method: { singleSignOn: boolean; required: boolean } | undefined,
  isAsked: boolean,
): string | undefined {
  if (method?.required) return 'Your organization requires single sign-on.'
  if (!isAsked || method?.singleSignOn) return undefined
  if (method === undefined || email.trim() === '') return 'Enter your email address first.'
  return 'No organization has single sign-on for this domain. Use your password or a passkey.'
}
