import { ActionIcon } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'

/** Opens and closes what more there is of a row; `what` tells whose, to those who hear the page. */
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
