import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithRef } from 'react'

type AnchorElement<Props> = Props & Omit<ComponentPropsWithRef<'a'>, keyof Props>

/** A link within the portal. */
export const TextLink = createLink((props: AnchorElement<AnchorProps>) => (
  <Anchor inherit underline="hover" {...props} />
))

/** A link within the portal that looks like a button. */
export const ButtonLink = createLink((props: AnchorElement<ButtonProps>) => (
  <Button component="a" {...props} />
))
