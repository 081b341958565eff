import { Burger, Drawer } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useInertPage } from '../../components/ui/use-inert-page.ts'
import classes from './frame.module.css'
import { FramedContext } from './framed-context.ts'
import { Logo } from './logo.tsx'
import { usePageChange } from './use-page-change.ts'

interface FrameProps {
  /** The heading above the navigation: organization or operator pages. */
  whose: ReactNode
  navigation: ReactNode
  /** The content in the middle of the top bar. */
  top?: ReactNode
  /** The content of the top bar if it fits, otherwise above the navigation. */
  search?: ReactNode
  account: ReactNode
  /** The sentence of the striped banner in an environment that is not production. */
  band?: string | undefined
  /** What the user is asked above the page. */
  question?: ReactNode
  children: ReactNode
}

/** Shows the frame around every page: navigation at the left or behind a button, and a top bar. */
export function Frame({ whose, navigation, top, search, account, band, question, children }: FrameProps) {
  const [opened, { close, toggle }] = useDisclosure(false)
  const main = usePageChange(close)

  return (
    <div className={classes.frame} data-practice={band !== undefined}>
      <a className={classes.skip} href="#main">
        Skip to content
      </a>
      <aside className={classes.side}>
        <Logo />
        {whose}
        {navigation}
      </aside>
      <div className={classes.content}>
        <header className={classes.stick}>
          <Band sentence={band} />
          <div className={classes.top}>
            <Burger
              className={classes.burger ?? ''}
              size="sm"
              opened={opened}
              onClick={toggle}
              aria-label={opened ? 'Close menu' : 'Open menu'}
            />
            {top}
            <div className={classes.search}>{search}</div>
            {account}
          </div>
        </header>
        <main ref={main} id="main" tabIndex={-1}>
          {question}
          <FramedContext value={true}>{children}</FramedContext>
        </main>
      </div>
      <SideDrawer opened={opened} onClose={close} practice={band !== undefined}>
        {search}
        {whose}
        {navigation}
      </SideDrawer>
    </div>
  )
}

function Band({ sentence }: { sentence: string | undefined }) {
  if (sentence === undefined) return null
  return (
    <div className={classes.band} role="note">
      <span>{sentence}</span>
    </div>
  )
}

interface SideDrawerProps {
  opened: boolean
  onClose: () => void
  practice: boolean
  children: ReactNode
}

function SideDrawer({ opened, onClose, practice, children }: SideDrawerProps) {
  useInertPage(opened)
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size={288}
      title={<Logo />}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.drawer} data-practice={practice}>
        {children}
      </div>
    </Drawer>
  )
}
