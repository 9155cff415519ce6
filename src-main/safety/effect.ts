import { createHash } from 'node:crypto'
import type { MessageState } from '@shared/model/message'
import type { PlanAction, PlanKind } from '@shared/model/plan'
import type { QueueAddress } from '@shared/model/queue'
import type { ItemOutcome, Remedies, Snapshot } from '../brokers/remedies'

export interface EffectContext {
  readonly remedies: Remedies
  readonly queue: QueueAddress
  readonly action: PlanAction
  /** What the run that is undone had done. */
  readonly undoing: { readonly kind: PlanKind; readonly editedDigest: string | null } | undefined
}

/**
 * What one plan does to one archived batch. The only place that calls a remedy that takes away; each remedy compares before
 * it moves, so what changed since the archive is left alone and answered as such.
 */
export async function applyBatch(
  { remedies, queue, action, undoing }: EffectContext,
  batch: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const ids = batch.map(({ id }) => id)
  switch (action.kind) {
    case 'replay':
      return await remedies.replay(queue, ids)
    case 'discard':
    case 'purge':
      return await removeByState(remedies, queue, batch)
    case 'edit': {
      const body = Buffer.from(action.base64, 'base64')
      const outcomes: ItemOutcome[] = []
      for (const { id, state } of batch) {
        const change = { id, state, body, expectedDigest: action.expectedDigest }
        if (action.thenReplay && remedies.replayEdited) {
          outcomes.push(await remedies.replayEdited(queue, change))
          continue
        }
        const edited = await remedies.edit(queue, change)
        const [replayed] = edited.outcome === 'applied' && action.thenReplay ? await remedies.replay(queue, [id]) : []
        outcomes.push(replayed ?? edited)
      }
      return outcomes
    }
    case 'undo':
      return await undoBatch(remedies, queue, batch, undoing)
  }
}

async function undoBatch(
  remedies: Remedies,
  queue: QueueAddress,
  batch: readonly Snapshot[],
  undoing: EffectContext['undoing'],
): Promise<readonly ItemOutcome[]> {
  switch (undoing?.kind) {
    case 'edit':
      return await undoEdit(remedies, queue, batch, undoing.editedDigest)
    case 'replay':
      return await undoReplay(remedies, queue, batch)
    default:
      return await remedies.restore(queue, batch)
  }
}

/** Takes back what still waits; what a worker has taken stays with it. The archive holds each message in between. */
async function undoReplay(
  remedies: Remedies,
  queue: QueueAddress,
  batch: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const taken = await remedies.remove(
    queue,
    'ready',
    batch.map(({ id }) => id),
  )
  const back = batch.filter((_snapshot, index) => taken[index]?.outcome === 'applied')
  const restored = new Map((await remedies.restore(queue, back)).map((outcome) => [outcome.id, outcome]))
  return taken.map((outcome) => restored.get(outcome.id) ?? outcome)
}

async function undoEdit(
  remedies: Remedies,
  queue: QueueAddress,
  batch: readonly Snapshot[],
  editedDigest: string | null,
): Promise<readonly ItemOutcome[]> {
  const outcomes: ItemOutcome[] = []
  const states = await remedies.states(
    queue,
    batch.map(({ id }) => id),
  )
  for (const [index, { id, state, body }] of batch.entries()) {
    const now = states[index]
    // Where ids come from the bytes, nobody knows the old one after a restart: the edit compares what it finds with what was written.
    const places: readonly MessageState[] = now ? [now] : [...new Set([state, 'ready' as const])]
    let outcome: ItemOutcome = { id, outcome: 'gone' }
    for (const place of places) {
      if (place === 'leased' || outcome.outcome !== 'gone') break
      outcome = await remedies.edit(queue, { id, state: place, body, expectedDigest: editedDigest ?? '' })
    }
    outcomes.push(outcome)
  }
  return outcomes
}

async function removeByState(
  remedies: Remedies,
  queue: QueueAddress,
  batch: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const state = batch[0]?.state
  return state === undefined
    ? []
    : await remedies.remove(
        queue,
        state,
        batch.map(({ id }) => id),
      )
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
