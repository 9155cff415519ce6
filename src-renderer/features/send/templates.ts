/** What a template may say. Values differ from message to message. */
export interface TemplateValues {
  /** 1 for the first message of a send. */
  readonly seq: number
  readonly now: number
  readonly uuid: () => string
}

export const templateNames = ['uuid', 'now', 'seq'] as const

/** Puts values in the place of {{uuid}}, {{now}} (ISO time) and {{seq}}; what is not one of these stays as it is. */
export function fillTemplate(text: string, { seq, now, uuid }: TemplateValues): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    switch (name) {
      case 'uuid':
        return uuid()
      case 'now':
        return new Date(now).toISOString()
      case 'seq':
        return String(seq)
      default:
        return whole
    }
  })
}

/** Templates that nobody knows: most likely mistyped. */
export const unknownTemplates = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)]
      .map((match) => match[1]!)
      .filter((name) => !templateNames.some((known) => known === name)),
  ),
]
