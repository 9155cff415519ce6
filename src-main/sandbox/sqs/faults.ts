import type { SqsErrorName } from './errors'
import type { OperationName } from './operations/all-operations'

export type Fault =
  /** Answers with this error, and does nothing. */
  | { readonly kind: 'error'; readonly name: SqsErrorName; readonly message?: string }
  /** Does what was asked, and cuts the connection instead of answering. */
  | { readonly kind: 'lose answer' }
  /** Cuts the connection, and does nothing. */
  | { readonly kind: 'cut' }

export interface FaultRule {
  readonly operation: OperationName | 'any'
  readonly fault: Fault
  /** How often; default once. */
  readonly times?: number
  /** Let so many go well first. */
  readonly after?: number
}

/** Trouble ordered by tests: the first rule that fits a request and is not used up strikes. */
export class Faults {
  private rules: { readonly rule: FaultRule; left: number; spared: number }[] = []

  order(rule: FaultRule): void {
    this.rules.push({ rule, left: rule.times ?? 1, spared: rule.after ?? 0 })
  }

  strike(operation: OperationName): Fault | undefined {
    for (const each of this.rules) {
      if (each.rule.operation !== 'any' && each.rule.operation !== operation) continue
      if (each.spared > 0) {
        each.spared--
        continue
      }
      each.left--
      this.rules = this.rules.filter(({ left }) => left > 0)
      return each.rule.fault
    }
    return undefined
  }

  /** Orders that were not carried out. */
  get waiting(): number {
    return this.rules.length
  }
}
