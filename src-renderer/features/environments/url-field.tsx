import { useState } from 'react'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import type { EnvironmentForm } from './environment-fields'
import { fromUrl } from './from-url'

/** A URL fills the form; it is not kept, since it may hold a password. */
export function UrlField({ onRead }: { readonly onRead: (form: Partial<EnvironmentForm>) => void }) {
  const [text, setText] = useState('')
  const [said, setSaid] = useState<string | null>(null)
  return (
    <Field
      label="From a URL"
      hint={said ?? 'Paste redis://, amqp:// or an SQS queue’s URL, and the fields below are filled in.'}
    >
      <Input
        mono
        placeholder="redis://user:password@host:6379/0"
        value={text}
        onChange={(event) => {
          const next = event.target.value
          const read = fromUrl(next)
          if (
            read &&
            /:\/\/[^/]+/.test(next) &&
            event.nativeEvent instanceof InputEvent &&
            event.nativeEvent.inputType === 'insertFromPaste'
          ) {
            onRead(read)
            setText('')
            setSaid('Filled in from the URL.')
          } else setText(next)
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || text === '') return
          event.preventDefault()
          const read = fromUrl(text)
          setSaid(read ? 'Filled in from the URL.' : 'That is no URL of a broker.')
          if (!read) return
          onRead(read)
          setText('')
        }}
      />
    </Field>
  )
}
