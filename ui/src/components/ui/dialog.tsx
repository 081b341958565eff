import { Modal, ModalStackContext } from '@mantine/core'
import { type ReactNode, use, useId } from 'react'
import { useInertPage } from './use-inert-page.ts'

interface DialogProps {
  opened: boolean
  onClose: () => void
  title: string
  /** Closed only by its own buttons, for content that is shown once. */
  insistent?: boolean
  size?: 'sm' | 'md' | 'lg'
  children: ReactNode
}

/** Shows a dialog, in place of one that is open already. While it is open, the page behind it is inert. */
export function Dialog({ opened, onClose, title, insistent = false, size = 'md', children }: DialogProps) {
  useInertPage(opened)
  const id = useId()
  const current = use(ModalStackContext)?.currentId
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      stackId={id}
      // In a stack, Mantine takes what has the focus inside the dialog for what had it before.
      returnFocus={false}
      inert={opened && current !== undefined && current !== id}
      title={title}
      size={{ sm: 440, md: 560, lg: 720 }[size]}
      radius="lg"
      centered
      overlayProps={{ backgroundOpacity: 0.45, blur: 2 }}
      closeOnClickOutside={!insistent}
      closeOnEscape={!insistent}
      withCloseButton={!insistent}
      closeButtonProps={{ 'aria-label': 'Close' }}
      styles={{ title: { fontWeight: 600, fontSize: '1.0625rem' }, header: { paddingBottom: 8 } }}
    >
      {children}
    </Modal>
  )
}
