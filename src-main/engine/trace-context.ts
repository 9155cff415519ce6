/** https://www.w3.org/TR/trace-context-2/: version, trace id, parent id, flags; neither id all zeros. */
const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const tracestateForm = /^[\x20-\x7e]{1,512}$/

export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly traceState: string | undefined
}

export function isTraceparent(text: string): boolean {
  const [, version, trace, parent, , rest] = traceparentForm.exec(text) ?? []
  if (version === undefined || trace === undefined || parent === undefined || version === 'ff') return false
  if (version === '00' && rest !== undefined) return false
  return !/^0+$/.test(trace) && !/^0+$/.test(parent)
}

/** Members as key=value, at most 32, none twice. */
export function isTracestate(text: string): boolean {
  if (!tracestateForm.test(text)) return false
  const members = text.split(',').map((member) => member.trim())
  const keys = members.map((member) => member.slice(0, member.indexOf('=')))
  return (
    members.length <= 32 &&
    members.every((member) => /^[a-z0-9][a-z0-9_\-*/]{0,240}(@[a-z][a-z0-9_\-*/]{0,13})?=[^,=]{1,256}$/.test(member)) &&
    new Set(keys).size === keys.length
  )
}

/** undefined: the message carries none, or one that is not well formed: then a trace begins anew. */
export function traceContextOf({
  traceparent,
  tracestate,
}: Readonly<Record<string, string>>): TraceContext | undefined {
  if (traceparent === undefined || !isTraceparent(traceparent)) return undefined
  const [, , traceId = '', spanId = '', flags = '00'] = traceparentForm.exec(traceparent) ?? []
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    traceState: tracestate !== undefined && isTracestate(tracestate) ? tracestate : undefined,
  }
}

/** None for a span of no trace, as an API without an SDK makes them. */
export function traceAttributes({ traceId, spanId, traceFlags, traceState }: TraceContext): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
  if (!isTraceparent(traceparent)) return {}
  return traceState === undefined || traceState === '' ? { traceparent } : { traceparent, tracestate: traceState }
}
