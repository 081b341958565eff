import { SegmentedControl } from '@mantine/core'
import { type Shell, shells } from '../../../../../src/kits/openssl-command.ts'

/** Selects the shell for the commands. */
export function ShellSwitch({ shell, onChange }: { shell: Shell; onChange: (shell: Shell) => void }) {
  return (
    <SegmentedControl
      aria-label="Shell"
      style={{ alignSelf: 'flex-start', maxWidth: '100%' }}
      size="xs"
      data={shells.map(({ id, label }) => ({ value: id, label }))}
      value={shell}
      onChange={(value) => onChange(value as Shell)}
    />
  )
}
