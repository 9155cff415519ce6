import { Failure } from '@shared/failure'
import { DeclarationDraft } from '@shared/model/declaration'
import type { DeclarationPreview } from '@shared/model/declaration-preview'
import type { Services } from './services'

/** What a layout that is being written would find; text that is no declaration yet is told as its problems. */
export async function previewLayout(
  { sessions }: Services,
  {
    environmentId,
    text,
    name,
  }: { readonly environmentId: string; readonly text: string; readonly name: string | null },
): Promise<DeclarationPreview> {
  const read = readDraft(text)
  if ('problems' in read)
    return { queues: [], keysSeen: 0, isWhole: false, name: null, roles: [], problems: [...read.problems] }
  const declared = sessions.layout(environmentId, 'declared')
  if (!declared.preview) throw new Failure({ code: 'unsupported', message: 'Only a Redis has layouts of one’s own.' })
  return await declared.preview(read.draft, name)
}

function readDraft(text: string): { readonly draft: DeclarationDraft } | { readonly problems: readonly string[] } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { problems: [`Not JSON: ${error instanceof Error ? error.message : 'unreadable'}.`] }
  }
  const parsed = DeclarationDraft.safeParse(json)
  if (parsed.success) return { draft: parsed.data }
  return {
    problems: parsed.error.issues.slice(0, 20).map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`),
  }
}
