import { Failure } from '@shared/failure'
import type { ActField } from '@shared/model/act'

export const textField = (name: string, label: string, value: string): ActField => ({
  name,
  label,
  kind: 'text',
  value,
  hint: null,
})

export const numberField = (name: string, label: string, value: string, hint: string | null = null): ActField => ({
  name,
  label,
  kind: 'number',
  value,
  hint,
})

type Values = Readonly<Record<string, string>>

/** Throws Failure 'bad-input', which names the field, where it is empty. */
export function readText(values: Values, name: string): string {
  const text = values[name]?.trim() ?? ''
  if (text === '') throw new Failure({ code: 'bad-input', message: `${name} is empty.`, subject: name })
  return text
}

/** Throws Failure 'bad-input', which names the field, unless it is a whole number within the bounds. */
export function readNumber(
  values: Values,
  name: string,
  { least, most = Number.MAX_SAFE_INTEGER }: { readonly least: number; readonly most?: number },
): number {
  const text = values[name]?.trim() ?? ''
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most.toLocaleString('en-US')}`
  throw new Failure({
    code: 'bad-input',
    message: `${name} must be a whole number of at least ${least}${upTo}.`,
    subject: name,
  })
}
