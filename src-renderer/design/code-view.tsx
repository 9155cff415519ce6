import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import type { CodeHandle } from './code-editor'
import { cx } from './cx'

export interface CodeViewProps {
  readonly label: string
  readonly text: string
  readonly language: 'json' | 'text'
  readonly editable?: boolean
  readonly original?: string
  readonly onChange?: (text: string) => void
  readonly className?: string
  readonly handle?: Ref<CodeHandle | null>
}

/** Text as it is, coloured and searchable; for writing with `editable`, for comparing with `original`. The editor comes when first needed. */
export function CodeView({
  label,
  text,
  language,
  editable = false,
  original,
  onChange,
  className,
  handle,
}: CodeViewProps) {
  const host = useRef<HTMLDivElement>(null)
  const [editor, setEditor] = useState<CodeHandle | null>(null)
  const latest = useRef(onChange)
  latest.current = onChange
  // What is typed comes back as `text`, late and not always: only a text from elsewhere changes the document, since an echo
  // of the keystroke before last would take the last one away.
  const echoes = useRef<string[]>([])
  const first = useRef(text)
  const seed = editable ? first.current : text
  useImperativeHandle(handle, () => editor as CodeHandle, [editor])
  useEffect(() => {
    let mounted: CodeHandle | undefined
    let gone = false
    void import('./code-editor').then(({ mountCode }) => {
      if (gone || !host.current) return
      echoes.current = []
      mounted = mountCode(host.current, {
        label,
        text: seed,
        language,
        editable,
        original,
        onChange: (next) => {
          echoes.current.push(next)
          latest.current?.(next)
        },
      })
      setEditor(mounted)
    })
    return () => {
      gone = true
      mounted?.destroy()
    }
  }, [label, language, editable, original, seed])
  useEffect(() => {
    if (!editable || !editor) return
    const echo = echoes.current.indexOf(text)
    if (echo >= 0) echoes.current.splice(0, echo + 1)
    else if (text !== editor.text()) editor.replace(text)
  }, [editable, editor, text])
  return <div ref={host} className={cx('min-h-0 flex-1 overflow-hidden', className)} />
}
