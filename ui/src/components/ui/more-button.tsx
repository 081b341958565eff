import { ActionIcon } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'

/** Expands and collapses the details of a row; `what` names the row for screen readers. */
export function MoreButton({
  what,
  isOpen,
  onToggle,
}: {
  what: string
  isOpen: boolean
  onToggle: () => void
}) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`More about ${what}`}
      aria-expanded={isOpen}
      onClick={onToggle}
    >
      {isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
    </ActionIcon>
  )
}
