import type { LayoutDeclaration } from '@shared/model/declaration'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../design/button'
import { IconButton } from '../../design/icon-button'
import { LayoutDialog } from './layout-dialog'

interface LayoutListProps {
  readonly environmentId: string | null
  readonly declarations: readonly LayoutDeclaration[]
  readonly onChange: (declarations: readonly LayoutDeclaration[]) => void
}

/** The team's own layouts, described by data; those in wide use are known without being listed here. */
export function LayoutList({ environmentId, declarations, onChange }: LayoutListProps) {
  const [open, setOpen] = useState<{ readonly at: number; readonly text: string } | null>(null)
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-12 text-muted">Layouts of your own</legend>
      {declarations.map(({ id, title }, index) => (
        <div key={id} className="flex h-7 items-center gap-2">
          <span className="clip min-w-0 flex-1">{title}</span>
          <Button small onClick={() => setOpen({ at: index, text: textOf(declarations[index]) })}>
            Edit…
          </Button>
          <IconButton label={`Remove ${title}`} onClick={() => onChange(declarations.filter((_, at) => at !== index))}>
            <X size={13} aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        small
        icon={<Plus size={12} aria-hidden />}
        onClick={() =>
          setOpen({ at: declarations.length, text: textOf({ ...template, id: 'my-layout', title: 'My layout' }) })
        }
      >
        Describe a layout…
      </Button>
      <p className="mt-1 text-12 text-faint">
        Known without it: {shippedDeclarations.map(({ title }) => title).join(', ')}.
      </p>
      {open && (
        <LayoutDialog
          environmentId={environmentId}
          text={open.text}
          taken={declarations.filter((_, at) => at !== open.at).map(({ id }) => id)}
          onClose={() => setOpen(null)}
          onDone={(declaration) => {
            onChange(declarations.toSpliced(open.at, 1, declaration))
            setOpen(null)
          }}
        />
      )}
    </fieldset>
  )
}

const template = shippedDeclarations[0]!

const textOf = (declaration: LayoutDeclaration | undefined): string => JSON.stringify(declaration, null, 2)
