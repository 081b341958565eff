import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Logo } from './logo.tsx'
import classes from './sign-in-layout.module.css'

/** Shows the sign-in layout: a form next to an illustration. */
export function SignInLayout({
  title,
  description,
  children,
}: {
  title: string
  description: string
  children: ReactNode
}) {
  useDocumentTitle(`${title} · Postern`)
  return (
    <div className={classes.gate}>
      <main className={classes.form}>
        <Logo />
        <div className={classes.inner}>
          <Title order={1}>{title}</Title>
          <p className={classes.description}>{description}</p>
          {children}
        </div>
      </main>
      <div className={classes.picture} aria-hidden>
        <Arches />
        <p>
          Both sides prove who they are
          <br />
          before the first byte of the request.
        </p>
      </div>
    </div>
  )
}

const arches = [0, 1, 2, 3, 4, 5]

function Arches() {
  return (
    <svg viewBox="0 0 480 520" className={classes.arches} aria-hidden>
      {arches.map((index) => {
        const half = 210 - index * 34
        return (
          <path
            key={index}
            d={`M${240 - half} 520V${250 + index * 8}a${half} ${half} 0 0 1 ${half * 2} 0V520`}
            opacity={0.14 + index * 0.15}
          />
        )
      })}
      <path className={classes.light} d="M206 520V292a34 34 0 0 1 68 0V520Z" />
    </svg>
  )
}
