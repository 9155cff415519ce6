import type { MessageState } from '@shared/model/message'
import { Dot, type Shape } from '../design/dot'
import { type Tone, toneText } from '../design/tone'

interface StateLook {
  readonly word: string
  readonly tone: Tone
  readonly shape: Shape
}

/** The five states wear the same word, colour and shape on every screen. */
export const stateLook: Readonly<Record<MessageState, StateLook>> = {
  ready: { word: 'Ready', tone: 'blue', shape: 'disc' },
  leased: { word: 'Leased', tone: 'violet', shape: 'half' },
  delayed: { word: 'Delayed', tone: 'amber', shape: 'ring' },
  dead: { word: 'Dead', tone: 'red', shape: 'cross' },
  done: { word: 'Done', tone: 'green', shape: 'check' },
}

/** `word`: the system's own, where the row is one system's. */
export function StateMark({
  state,
  word = stateLook[state].word,
}: {
  readonly state: MessageState
  readonly word?: string
}) {
  const { tone, shape } = stateLook[state]
  return (
    <span className={`inline-flex items-center gap-1.5 ${toneText[tone]}`}>
      <Dot shape={shape} tone={tone} />
      {word}
    </span>
  )
}
