import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { isDenial } from './api-error.ts'

type Fields = Readonly<Record<string, unknown>>

/** A field that another user has changed while this one filled in the form. */
export interface ChangedField {
  name: string
  theirs: unknown
  mine: unknown
  /** Undefined until the user has chosen. */
  choice: 'mine' | 'theirs' | undefined
}

interface EditOptions<View extends object, Body> {
  /** What the form starts from: a reply that has an entity tag. */
  start: View
  /** The fields of the form that a reply holds. */
  toFields: (view: View) => object
  read: () => Promise<View>
  /** Saves the change if the resource still is `edited`; throws `precondition_failed` otherwise. */
  send: (body: Body, edited: View) => Promise<View>
}

interface Saving<Body> {
  values: object
  body: Body
  /** Sets fields of the form. */
  change: (fields: never) => void
}

const maxTries = 4

/**
 * Changes a resource that others may change at the same time. If they have changed fields of the form since it was
 * opened, nothing is saved, and `changed` lists these fields with both values: the user chooses for each, and saves
 * again. A field that the user has not touched takes their value. Changes of other fields do not matter.
 */
export function useEdit<View extends object, Body>({ start, toFields, read, send }: EditOptions<View, Body>) {
  const [first] = useState(start)
  const edited = useRef(first)
  const [changed, setChanged] = useState<ChangedField[]>([])
  const saving = useMutation({
    async mutationFn({ values, body, change }: Saving<Body>) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await send(body, edited.current)
        } catch (error) {
          if (!isDenial(error, 'precondition_failed')) throw error
          const now = await read()
          const found = compare(toFields(edited.current) as Fields, toFields(now) as Fields, values as Fields)
          edited.current = now
          if (found.length === 0 && tries < maxTries) continue
          setChanged(found)
          const taken = found.filter(({ choice }) => choice === 'theirs')
          change(Object.fromEntries(taken.map(({ name, theirs }) => [name, theirs])) as never)
          throw error
        }
      }
    },
    onSuccess: () => setChanged([]),
  })
  return {
    changed,
    /** Whether the user still has to choose between two values. */
    isUndecided: changed.some(({ choice }) => choice === undefined),
    isPending: saving.isPending,
    /** The error of the last attempt, unless the changed fields say it. */
    error: changed.length > 0 && isDenial(saving.error, 'precondition_failed') ? null : saving.error,
    choose: (name: string, choice: 'mine' | 'theirs') =>
      setChanged((before) => before.map((each) => (each.name === name ? { ...each, choice } : each))),
    save: (given: Saving<Body>, onSaved: () => void) => saving.mutate(given, { onSuccess: onSaved }),
  }
}

/** What the parts of a form need to show the changes of others. */
export type Edit = Pick<ReturnType<typeof useEdit>, 'changed' | 'isUndecided' | 'choose'>

/** Returns the fields that are different now, and not as the user has them. */
function compare(before: Fields, now: Fields, values: Fields): ChangedField[] {
  const isEqual = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  return Object.keys(now)
    .filter((name) => !isEqual(before[name], now[name]) && !isEqual(values[name], now[name]))
    .map((name) => ({
      name,
      theirs: now[name],
      mine: values[name],
      choice: isEqual(values[name], before[name]) ? 'theirs' : undefined,
    }))
}
