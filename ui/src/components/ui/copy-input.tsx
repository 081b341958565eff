import { TextInput } from '@mantine/core'
import { CopyButton } from './copy-button.tsx'
import classes from './secret-value.module.css'

/** Shows a value to copy in a field with a label. */
export function CopyInput({ label, value, what }: { label: string; value: string; what: string }) {
  return (
    <div className={classes.root}>
      <TextInput
        className={classes.input ?? ''}
        label={label}
        value={value}
        readOnly
        classNames={{ input: classes.text ?? '' }}
      />
      <CopyButton value={value} what={what} />
    </div>
  )
}
