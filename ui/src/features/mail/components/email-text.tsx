import { Anchor } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import type { MouseEvent } from 'react'
import { splitLinks } from '../split-links.ts'
import classes from './email-view.module.css'

/** Shows the text of an email. Only URLs of this portal are links. */
export function EmailText({ text }: { text: string }) {
  const router = useRouter()
  const follow = (event: MouseEvent, path: string) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    router.history.push(path)
  }
  return (
    <div className={classes.text}>
      {splitLinks(text, window.location.origin).map(({ text: words, path }, index) =>
        path === undefined ? (
          words
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a letter keep their places
          <Anchor key={index} inherit underline="always" href={path} onClick={(event) => follow(event, path)}>
            {words}
          </Anchor>
        ),
      )}
    </div>
  )
}
