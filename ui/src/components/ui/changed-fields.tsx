import { Button, Group } from '@mantine/core'
import type { Edit } from '../../lib/use-edit.ts'
import classes from './changed-fields.module.css'
import { Notice } from './notice.tsx'

interface ChangedFieldsProps {
  edit: Edit
  labels: Readonly<Record<string, string>>
  /** Writes the value of a field as text. */
  toText?: (name: string, value: unknown) => string | undefined
  /** Sets a field of the form. */
  onTake: (fields: Record<string, unknown>) => void
}

/** Shows what others have changed since a form was opened, field by field, and lets the user choose. */
export function ChangedFields({ edit, labels, toText = () => undefined, onTake }: ChangedFieldsProps) {
  if (edit.changed.length === 0) return null
  const write = (name: string, value: unknown) => toText(name, value) ?? writeValue(value)
  return (
    <Notice tone="warn" announced title="Changed while you were editing">
      <p>
        Another user or tab saved other values after you opened this form. Your changes are not saved yet.
        {edit.isUndecided ? ' Choose a value for each field, then save again.' : ' Save again to keep them.'}
      </p>
      <div className={classes.list}>
        {edit.changed.map(({ name, theirs, mine, choice }) => (
          <fieldset key={name} aria-label={labels[name] ?? name} className={classes.field}>
            <span className={classes.name}>{labels[name] ?? name}</span>
            <dl className={classes.values}>
              <dt>Theirs</dt>
              <dd>{write(name, theirs)}</dd>
              <dt>Yours</dt>
              <dd>{write(name, mine)}</dd>
            </dl>
            <Group gap="xs">
              <Button
                size="compact-sm"
                variant={choice === 'mine' ? 'filled' : 'default'}
                aria-pressed={choice === 'mine'}
                onClick={() => {
                  edit.choose(name, 'mine')
                  onTake({ [name]: mine })
                }}
              >
                Keep mine
              </Button>
              <Button
                size="compact-sm"
                variant={choice === 'theirs' ? 'filled' : 'default'}
                aria-pressed={choice === 'theirs'}
                onClick={() => {
                  edit.choose(name, 'theirs')
                  onTake({ [name]: theirs })
                }}
              >
                Take theirs
              </Button>
            </Group>
          </fieldset>
        ))}
      </div>
    </Notice>
  )
}

const writeValue = (value: unknown): string => {
  const text = Array.isArray(value) ? value.join(', ') : String(value ?? '')
  return text === '' ? '–' : text
}
