import { Failure } from '@shared/failure'

type OptionValue = string | number | boolean

/** Job options of Bull and BullMQ that may be set through attributes; others would need their own screens. */
const optionParsers: Readonly<Record<string, (text: string) => OptionValue | undefined>> = {
  jobId: (text) => (text === '' || text === '0' || text.startsWith('0:') ? undefined : text),
  attempts: (text) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined),
  lifo: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  removeOnComplete: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  removeOnFail: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

/** The name that both give a job without one. */
export const defaultJobName = '__default__'

/** Throws Failure 'bad-input' that names the attribute which is none. */
export function jobOptions(attributes: Readonly<Record<string, string>>): Readonly<Record<string, OptionValue>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, text]) => {
      const value = Object.hasOwn(optionParsers, name) ? optionParsers[name]!(text) : undefined
      if (value !== undefined) return [name, value]
      throw new Failure({
        code: 'bad-input',
        message: `${name} = ${JSON.stringify(text)} is not a job option that can be sent`,
        hint: `These can: ${Object.keys(optionParsers).join(', ')}.`,
        subject: name,
      })
    }),
  )
}
