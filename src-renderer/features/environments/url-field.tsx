import { useState } from 'react'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { type EnvironmentForm, fromUrl } from './environment-form'

/** A URL fills the form; it is not kept, since it may hold a password. */
export function UrlField({ onRead }: { readonly onRead: (form: Partial<EnvironmentForm>) => void }) {
  const [text, setText] = useState('')
  const [said, setSaid] = useState<string | null>(null)
  return (
    <Field label="From a URL" hint={said ?? 'Paste redis:// or rediss:// and the fields below are filled in.'}>
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
          setSaid(read ? 'Filled in from the URL.' : 'That is no redis:// or rediss:// URL.')
          if (!read) return
          onRead(read)
          setText('')
        }}
      />
    </Field>
  )
}
