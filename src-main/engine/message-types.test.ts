import type * as model from '@shared/model/message'
import { expectTypeOf, it } from 'vitest'
import type { HistoryEvent, MessageError, MessageState } from './message-types'

it('are the types of the model', () => {
  expectTypeOf<MessageState>().toEqualTypeOf<model.MessageState>()
  expectTypeOf<HistoryEvent>().toEqualTypeOf<model.HistoryEvent>()
  expectTypeOf<MessageError>().toEqualTypeOf<model.MessageError>()
})
