import type { Layout } from '@shared/model/queue'
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
}

/** One request carries at most this many bodies. */
export const sendAtMost = 1000

export const firstBody = '{\n  "id": "{{uuid}}",\n  "at": "{{now}}",\n  "n": {{seq}}\n}'

/** Why it cannot be sent as it stands, or null. A body that is no JSON may be sent; BullMQ wants JSON. */
export function sendRefusal(form: SendForm, layout: Layout | undefined): string | null {
  if (form.queue === '') return 'Choose a queue.'
  const unknown = unknownTemplates(form.body)
  if (unknown.length > 0) return `{{${unknown[0]}}} is no template: there are {{uuid}}, {{now}} and {{seq}}.`
  if (form.count === null || form.count < 1 || form.count > sendAtMost) return `Send between 1 and ${sendAtMost}.`
  if (layout === 'bullmq') {
    if (form.name.trim() === '') return 'A job needs a name.'
    const problem = jsonProblem(fillTemplate(form.body, sample))
    if (problem) return `A job's data must be JSON: ${problem.message}.`
  }
  const names = form.attributes.map((attribute) => attribute.name.trim()).filter(Boolean)
  return new Set(names).size < names.length ? 'Two attributes have the same name.' : null
}

const sample = { seq: 1, now: 0, uuid: () => '00000000-0000-4000-8000-000000000000' }

export function requestOf(form: SendForm, environmentId: string, now: number, uuid: () => string): SendRequest {
  return {
    environmentId,
    queue: form.queue,
    name: form.name.trim() === '' ? null : form.name.trim(),
    bodies: Array.from({ length: form.count ?? 1 }, (_, index) =>
      fillTemplate(form.body, { seq: index + 1, now, uuid }),
    ),
    delayMs: Math.round((form.delaySeconds ?? 0) * 1000),
    priority: form.priority,
    attributes: Object.fromEntries(
      form.attributes.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
    ),
  }
}
