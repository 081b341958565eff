import { PasswordInput } from '@mantine/core'
import { CopyButton } from './copy-button.tsx'
import classes from './secret-value.module.css'

interface SecretValueProps {
  label: string
  value: string
  visible: boolean
  onVisible: (visible: boolean) => void
}

/** Shows a secret to copy, masked until it is revealed. */
export function SecretValue({ label, value, visible, onVisible }: SecretValueProps) {
  return (
    <div className={classes.root}>
      <PasswordInput
        className={classes.input ?? ''}
        label={label}
        value={value}
        readOnly
        autoComplete="off"
        visible={visible}
        onVisibilityChange={onVisible}
        classNames={{ innerInput: classes.text ?? '' }}
      />
      <CopyButton value={value} what="the secret" />
    </div>
  )
}
