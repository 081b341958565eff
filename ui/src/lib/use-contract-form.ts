import { type FormErrors, useForm } from '@mantine/form'
import { type ReactNode, useEffect } from 'react'
import type { z } from 'zod'
import { ApiError } from './api-error.ts'
import { type FieldNames, findMisfits, findRefused } from './field-problems.ts'

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
}: ContractFormOptions<Values, Schema>) {
  const findProblems = (values: Values): FormErrors => ({
    ...findMisfits(schema, toBody(values), fields),
    ...onlyFound(check?.(values) ?? {}),
  })
  const isLive = (name: string) => (live as readonly string[]).includes(name)
  const form = useForm<Values & Record<string, unknown>, FormErrors>({
    initialValues: start as Values & Record<string, unknown>,
    validateInputOnBlur: Object.keys(start).filter((name) => !isLive(name)),
    validate: findProblems,
  } as never)
  const { setErrors } = form
  useEffect(() => {
    if (error instanceof ApiError && error.errors.length > 0) setErrors(findRefused(error, fields))
  }, [error, fields, setErrors])
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

const onlyFound = (problems: Readonly<Record<string, string | undefined>>): FormErrors =>
  Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined))
