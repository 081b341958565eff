import { type FormErrors, useForm } from '@mantine/form'
import { type ReactNode, useEffect, useState } from 'react'
import type { z } from 'zod'
import { ApiError } from './api-error.ts'
import { type FieldNames, findMisfits, findRefused } from './field-problems.ts'
import { type KeptFields, keepFields, readFields } from './kept-input.ts'
import { useUnsavedInput } from './unsaved-input.ts'

interface ContractFormOptions<Values, Schema extends z.ZodType> {
  /** The body of the operation, as the contract has it. */
  schema: Schema
  /** What the fields hold at first. */
  start: Values
  toBody: (values: Values) => z.input<Schema>
  fields?: FieldNames
  /** What the schema cannot say, as a sentence for each field; undefined where all is well. */
  check?: (values: Values) => Partial<Record<keyof Values & string, string | undefined>>
  /** The fields that have their sentence at once, while they are filled in. */
  live?: readonly (keyof Values & string)[]
  /** What the API has answered; the fields that it refuses are marked. */
  error?: unknown
  /** What is kept of the input until it is sent: never a secret, a key or a file. */
  keep?: {
    /** The name that `nameForm` gives. */
    form: string
    fields: readonly (keyof Values & string)[]
  }
}

/** What a field is given: its value, its sentence, and what it tells of. */
export interface BoundField<T> {
  value: T
  error?: ReactNode
  /** Takes the event of an input, or the value itself. */
  onChange: (next: unknown) => void
  onBlur: () => void
}

/** What {@link useContractForm} gives to the components that hold its fields. */
export interface ContractForm<Values> {
  values: Values
  bind: <Name extends keyof Values & string>(name: Name) => BoundField<Values[Name]>
  change: (part: Partial<Values>) => void
}

const sameNames: FieldNames = {}
const none: readonly never[] = []

/**
 * A form whose rules and sentences are those of the API: each field that does not fit the contract has its sentence
 * beside it, once it was left or the form was submitted, and nothing is sent until all fit. Where a secret may be
 * pasted by mistake, or the button waits for the field, `live` shows the sentence before that.
 */
export function useContractForm<Values extends object, Schema extends z.ZodType>({
  schema,
  start,
  toBody,
  fields = sameNames,
  check,
  live = none,
  error,
  keep,
}: ContractFormOptions<Values, Schema>) {
  const [restored] = useState(() => (keep === undefined ? {} : findKept(keep, start)))
  const findProblems = (values: Values): FormErrors => ({
    ...findMisfits(schema, toBody(values), fields),
    ...onlyFound(check?.(values) ?? {}),
  })
  const isLive = (name: string) => (live as readonly string[]).includes(name)
  const form = useForm<Values & Record<string, unknown>, FormErrors>({
    initialValues: { ...start, ...restored } as Values & Record<string, unknown>,
    validateInputOnBlur: Object.keys(start).filter((name) => !isLive(name)),
    validate: findProblems,
  } as never)
  const { setErrors } = form
  useEffect(() => {
    if (error instanceof ApiError && error.errors.length > 0) setErrors(findRefused(error, fields))
  }, [error, fields, setErrors])
  const [first] = useState(start)
  const changed = JSON.stringify(findChanged(first, form.values))
  useUnsavedInput(changed !== '{}')
  const keptForm = keep?.form
  const names = keep?.fields.join()
  useEffect(() => {
    if (keptForm === undefined || names === undefined) return
    const all = Object.entries(JSON.parse(changed) as KeptFields)
    keepFields(keptForm, Object.fromEntries(all.filter(([name]) => names.split(',').includes(name))))
  }, [keptForm, names, changed])
  const problems = findProblems(form.values as Values)
  // What is as it was at first has not been filled in yet.
  const findLiveProblem = (name: string) => (isLive(name) && form.isDirty(name) ? problems[name] : undefined)
  return {
    values: form.values as Values,
    bind: <Name extends keyof Values & string>(name: Name) => {
      const field = form.getInputProps(name)
      return { ...field, error: findLiveProblem(name) ?? field.error } as unknown as BoundField<Values[Name]>
    },
    change: (part: Partial<Values>) => form.setValues(part as never),
    /** Whether all of it fits. */
    isReady: Object.keys(problems).length === 0,
    /** For `onSubmit`: hands over the body where all of it fits. */
    submit: (send: (body: z.input<Schema>) => void) =>
      form.onSubmit((values) => send(toBody(values as unknown as Values))),
  }
}

/** Returns the fields that have another value than at first. */
function findChanged(first: object, values: object): KeptFields {
  const before = new Map<string, unknown>(Object.entries(first))
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name, is]) => JSON.stringify(is) !== JSON.stringify(before.get(name)))
      .map(([name, is]) => [name, { was: before.get(name), is }]),
  )
}

/** Returns the kept input of the fields that are as they were when it was typed. */
function findKept(
  { form, fields }: { form: string; fields: readonly string[] },
  start: object,
): Record<string, unknown> {
  const now = new Map<string, unknown>(Object.entries(start))
  return Object.fromEntries(
    Object.entries(readFields(form))
      .filter(
        ([name, { was }]) => fields.includes(name) && JSON.stringify(was) === JSON.stringify(now.get(name)),
      )
      .map(([name, { is }]) => [name, is]),
  )
}

const onlyFound = (problems: Readonly<Record<string, string | undefined>>): FormErrors =>
  Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined))
