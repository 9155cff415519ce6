import { invalidValue, missingParameter, SqsError } from './errors'

/** The body of a request, as it came; each field is looked at before it is used. */
export type RequestInput = Readonly<Record<string, unknown>>

const misplaced = (name: string) =>
  new SqsError('MalformedInput', `The field ${name} is of another type than this operation takes.`)

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function optionalText(input: RequestInput, name: string): string | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw misplaced(name)
  return value
}

/** Empty counts as missing. */
export function requiredText(input: RequestInput, name: string): string {
  const value = optionalText(input, name)
  if (value === undefined || value === '') throw missingParameter(name)
  return value
}

export function optionalInteger(
  input: RequestInput,
  name: string,
  { least, most, rule }: { readonly least: number; readonly most: number; readonly rule: string },
): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
    throw invalidValue(value, name, rule)
  return number
}

export function textList(input: RequestInput, name: string): readonly string[] {
  const value = input[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) throw misplaced(name)
  return value
}

export function textMap(input: RequestInput, name: string): Readonly<Record<string, string>> {
  const value = input[name]
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw misplaced(name)
  for (const each of Object.values(value)) if (typeof each !== 'string') throw misplaced(name)
  return value as Readonly<Record<string, string>>
}
