import { Radio, Stack } from '@mantine/core'
import { roleChoices } from '../../../lib/role-words.ts'
import type { BoundField } from '../../../lib/use-contract-form.ts'

/** Shows the roles with what each may do. */
export function RoleChoice(field: BoundField<string>) {
  return (
    <Radio.Group label="Role" {...field}>
      <Stack gap="xs" mt="xs">
        {roleChoices.map((choice) => (
          <Radio key={choice.value} {...choice} />
        ))}
      </Stack>
    </Radio.Group>
  )
}
