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

/**
 * A form whose rules and sentences are those of the API: each field that does not fit the contract has its sentence
 * beside it, once it was left or the form was submitted, and nothing is sent until all fit.
 */
export function useContractForm<Values extends object, Schema extends z.ZodType>({
  schema,
  start,
  toBody,
  fields = sameNames,
  check,
  error,
}: ContractFormOptions<Values, Schema>) {
  const findProblems = (values: Values): FormErrors => ({
    ...findMisfits(schema, toBody(values), fields),
    ...onlyFound(check?.(values) ?? {}),
  })
  const form = useForm<Values & Record<string, unknown>, FormErrors>({
    initialValues: start as Values & Record<string, unknown>,
    validateInputOnBlur: true,
    validate: findProblems,
  } as never)
  const { setErrors } = form
  useEffect(() => {
    if (error instanceof ApiError && error.fields.length > 0) setErrors(findRefused(error, fields))
  }, [error, fields, setErrors])
  return {
    values: form.values as Values,
    bind: <Name extends keyof Values & string>(name: Name) =>
      form.getInputProps(name) as unknown as BoundField<Values[Name]>,
    change: (part: Partial<Values>) => form.setValues(part as never),
    /** Whether all of it fits. */
    isReady: form.isValid(),
    /** For `onSubmit`: hands over the body where all of it fits. */
    submit: (send: (body: z.input<Schema>) => void) =>
      form.onSubmit((values) => send(toBody(values as unknown as Values))),
  }
}

const onlyFound = (problems: Readonly<Record<string, string | undefined>>): FormErrors =>
  Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined))
