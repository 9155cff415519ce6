import { layoutFacts } from '@shared/model/known-layouts'
import type { Layout } from '@shared/model/queue'
import type { SendBody, SendFacts, SendOption } from '@shared/model/send-facts'
import { jsonProblem } from '@shared/payload/json-lexemes'
import type { SendRequest } from '@shared/rpc/messages-contract'
import { fillTemplate, unknownTemplates } from './templates'

export interface SendForm {
  readonly queue: string
  readonly name: string
  readonly body: string
  readonly count: number | null
  readonly delaySeconds: number | null
  readonly priority: number | null
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
  /** What only this layout takes, by name: a group, a routing key. */
  readonly options: Readonly<Record<string, string>>
}

/** The queue that it goes to, as far as the form must know it. */
export interface SendTarget {
  readonly name: string
  readonly layout: Layout
}

/** One request carries at most this many bodies. */
export const sendAtMost = 1000

const object = '{\n  "id": "{{uuid}}",\n  "at": "{{now}}",\n  "n": {{seq}}\n}'
const firstBodies: Readonly<Record<SendBody['kind'], string>> = { any: object, json: object, list: `[${object}]` }

export const emptyForm = (queue: string): SendForm => ({
  queue,
  name: '',
  body: firstBodies.any,
  count: 1,
  delaySeconds: null,
  priority: null,
  attributes: [],
  options: {},
})

/** What was written stays; a body that nobody touched is one that this layout can take. */
export const fittedTo = (target: SendTarget | undefined, form: SendForm): SendForm =>
  Object.values(firstBodies).includes(form.body)
    ? { ...form, body: firstBodies[factsOf(target)?.body.kind ?? 'any'] }
    : form

export const factsOf = (target: SendTarget | undefined): SendFacts | null =>
  target ? layoutFacts[target.layout].send : null

/** The layout's own fields that this queue takes. */
export const optionsFor = (target: SendTarget | undefined): readonly SendOption[] =>
  (factsOf(target)?.options ?? []).filter(({ onlyFor }) => onlyFor === undefined || target?.name.endsWith(onlyFor))

/** As it would be sent: the first choice where one must be made. */
export const optionValue = (form: SendForm, { name, choices }: SendOption): string =>
  form.options[name]?.trim() || (choices?.[0] ?? '')

/** Why it cannot be sent as it stands, or null. */
export function sendRefusal(form: SendForm, target: SendTarget | undefined): string | null {
  if (form.queue === '' || !target) return 'Choose a queue.'
  const unknown = unknownTemplates(form.body)
  if (unknown.length > 0) return `{{${unknown[0]}}} is no template: there are {{uuid}}, {{now}} and {{seq}}.`
  if (form.count === null || form.count < 1 || form.count > sendAtMost) return `Send between 1 and ${sendAtMost}.`
  const facts = factsOf(target)
  if (!facts) return null
  if (facts.name?.isRequired && form.name.trim() === '') return `${facts.name.label} is missing.`
  return bodyRefusal(form, facts.body) ?? optionRefusal(form, target) ?? attributeRefusal(form)
}

function bodyRefusal(form: SendForm, { kind, words }: SendBody): string | null {
  if (kind === 'any') return null
  const filled = fillTemplate(form.body, sample)
  const problem = jsonProblem(filled)
  if (problem) return `${words}: ${problem.message}.`
  return kind === 'list' && !filled.trimStart().startsWith('[') ? `${words}: put it in [ ].` : null
}

function optionRefusal(form: SendForm, target: SendTarget): string | null {
  for (const option of optionsFor(target)) {
    const value = optionValue(form, option)
    const isNeeded = option.neededFor !== undefined && target.name.endsWith(option.neededFor)
    if (isNeeded && value === '') return `${option.label} is missing.`
    if (option.isUnique && value !== '' && form.count !== 1) return `${option.label}: one is for one message. Send 1.`
  }
  return null
}

function attributeRefusal(form: SendForm): string | null {
  const names = form.attributes.map((attribute) => attribute.name.trim()).filter(Boolean)
  return new Set(names).size < names.length ? 'Two attributes have the same name.' : null
}

const sample = { seq: 1, now: 0, uuid: () => '00000000-0000-4000-8000-000000000000' }

export interface SendMoment {
  readonly environmentId: string
  readonly target: SendTarget
  readonly now: number
  readonly uuid: () => string
}

/** Only what this layout takes: what was filled in for another one stays in the form and is not sent. */
export function requestOf(form: SendForm, { environmentId, target, now, uuid }: SendMoment): SendRequest {
  const facts = factsOf(target)
  const name = form.name.trim()
  const options = optionsFor(target).flatMap((option) => {
    const value = optionValue(form, option)
    return value === '' ? [] : [[option.name, value] as const]
  })
  const attributes = form.attributes.filter((attribute) => attribute.name.trim() !== '')
  return {
    environmentId,
    queue: form.queue,
    name: name === '' || !facts?.name ? null : name,
    bodies: Array.from({ length: form.count ?? 1 }, (_, index) =>
      fillTemplate(form.body, { seq: index + 1, now, uuid }),
    ),
    delayMs: facts?.delays ? Math.round((form.delaySeconds ?? 0) * 1000) : 0,
    priority: facts?.priority ? form.priority : null,
    attributes: facts?.attributes
      ? Object.fromEntries(attributes.map((attribute) => [attribute.name.trim(), attribute.value]))
      : {},
    ...(options.length > 0 ? { options: Object.fromEntries(options) } : {}),
  }
}
