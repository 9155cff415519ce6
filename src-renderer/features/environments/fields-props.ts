import type { UseFormReturn } from 'react-hook-form'
import type { EnvironmentForm } from './environment-fields'

/** What every part of the form gets. */
export interface FieldsProps {
  readonly form: UseFormReturn<EnvironmentForm>
  readonly values: EnvironmentForm
  /** null: not saved yet, so nothing can be looked at through it. */
  readonly environmentId: string | null
}
