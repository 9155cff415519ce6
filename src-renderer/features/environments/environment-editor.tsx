import type { ConnectionReport, Environment, Trouble } from '@shared/model/environment'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useStore } from 'zustand'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { showNotice } from '../../design/toast'
import { useConsole } from '../../stores/console'
import { go } from '../../stores/route'
import { troubleOf } from '../../stores/trouble'
import { ConnectionFields } from './connection-fields'
import type { EnvironmentForm } from './environment-fields'
import { emptyForm, formOf, inputOf } from './environment-form'
import { SecretFields } from './secret-fields'
import { TestReport } from './test-report'
import { TierQuestion } from './tier-question'
import { UrlField } from './url-field'

interface EditorProps {
  readonly environment: Environment | null
  readonly onSaved: (environment: Environment) => void
  readonly onGone: () => void
}

/** The form. Test tries what is typed and answers in words; Save keeps it without any secret. */
export function EnvironmentEditor({ environment, onSaved, onGone }: EditorProps) {
  const { client, system } = useConsole()
  const info = useStore(system, (state) => state.info)
  const form = useForm<EnvironmentForm>({ defaultValues: environment ? formOf(environment) : emptyForm })
  const [report, setReport] = useState<ConnectionReport | 'asking' | null>(null)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [removing, setRemoving] = useState(false)
  const values = form.watch()

  /** The input, or undefined after the wrong fields were marked. */
  const read = (name?: string) => {
    const typed = form.getValues()
    const result = inputOf(name === undefined ? typed : { ...typed, name: typed.name.trim() || name })
    form.clearErrors()
    if (result.ok) return result.input
    for (const [field, message] of Object.entries(result.errors))
      form.setError(field as keyof EnvironmentForm, { message })
    return undefined
  }
  const test = async () => {
    // A connection can be tried before it has a name.
    const input = read('unnamed')
    if (!input) return
    setTrouble(null)
    setReport('asking')
    try {
      setReport(await client.environments.test({ id: environment?.id ?? null, environment: input }))
    } catch (error) {
      setReport({ ok: false, trouble: troubleOf(error) })
    }
  }
  const save = async () => {
    const input = read()
    if (!input) return
    setTrouble(null)
    try {
      const saved = await client.environments.save({ id: environment?.id ?? null, environment: input })
      showNotice({
        title: `Saved ${saved.name}`,
        action: { label: 'Open', perform: () => go({ at: 'overview', environmentId: saved.id }) },
      })
      form.reset({ ...formOf(saved) })
      onSaved(saved)
    } catch (error) {
      setTrouble(troubleOf(error))
    }
  }
  useActions([
    {
      id: 'environment-test',
      label: 'Test the connection',
      group: 'Environment',
      keys: 'mod+shift+t',
      perform: () => void test(),
    },
    {
      id: 'environment-save',
      label: 'Save the environment',
      group: 'Environment',
      keys: 'mod+s',
      perform: () => void save(),
    },
  ])
  return (
    <form
      aria-label={environment?.name ?? 'New environment'}
      className="flex min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className="flex min-h-0 max-w-[680px] flex-1 flex-col gap-4 overflow-y-auto px-6 py-5">
        {!environment && <UrlField onRead={(read) => form.reset({ ...form.getValues(), ...read })} />}
        <ConnectionFields form={form} values={values} environmentId={environment?.id ?? null} />
        <SecretFields
          form={form}
          values={values}
          environmentId={environment?.id ?? null}
          view={environment?.password ?? null}
          store={info?.secretStore ?? null}
        />
        <TierQuestion form={form} values={values} environmentId={environment?.id ?? null} />
      </div>
      {/* Beside the buttons that asked for it, since the form may be longer than the window. */}
      <div className="flex max-w-[680px] shrink-0 flex-col gap-2 px-6 pt-2 pb-3 empty:hidden">
        <TestReport report={report} />
        {trouble && (
          <p role="alert" className="whitespace-pre-line rounded border border-red bg-red-wash px-3 py-2 text-red">
            {trouble.message}
            {trouble.hint && `\n${trouble.hint}`}
          </p>
        )}
      </div>
      <div className="flex shrink-0 items-center gap-2 border-line border-t bg-surface px-6 py-3">
        <Button type="submit" look="primary">
          {environment ? 'Save' : 'Save environment'}
        </Button>
        <Button onClick={() => void test()} disabled={report === 'asking'}>
          Test
        </Button>
        {environment && (
          <>
            <Button onClick={() => go({ at: 'overview', environmentId: environment.id })}>Open its queues</Button>
            <Button look="quiet" className="ml-auto text-red" onClick={() => setRemoving(true)}>
              Remove…
            </Button>
          </>
        )}
      </div>
      {environment && (
        <RemoveDialog environment={environment} open={removing} onClose={() => setRemoving(false)} onGone={onGone} />
      )}
    </form>
  )
}

interface RemoveProps {
  readonly environment: Environment
  readonly open: boolean
  readonly onClose: () => void
  readonly onGone: () => void
}

function RemoveDialog({ environment, open, onClose, onGone }: RemoveProps) {
  const { client } = useConsole()
  const remove = async () => {
    try {
      await client.environments.remove({ environmentId: environment.id })
      onClose()
      onGone()
    } catch (error) {
      showNotice({ title: troubleOf(error).message, tone: 'red' })
    }
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Remove ${environment.name}`}
      description="The connection is forgotten here, with its secret. Nothing in the broker is touched."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" onClick={() => void remove()}>
            Remove {environment.name}
          </Button>
        </>
      }
    >
      <p className="text-muted">Its history and its record of activity stay until they expire.</p>
    </Dialog>
  )
}
