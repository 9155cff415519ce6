import { CodeView } from './code-view'

export interface DiffViewProps {
  readonly label: string
  readonly before: string
  readonly after: string
  readonly language: 'json' | 'text'
  readonly className?: string
}

/** What changes, line by line, with what stays folded away. */
export function DiffView({ label, before, after, language, className }: DiffViewProps) {
  return <CodeView label={label} text={after} original={before} language={language} {...(className && { className })} />
}
