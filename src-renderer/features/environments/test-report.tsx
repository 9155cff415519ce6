import type { ConnectionReport } from '@shared/model/environment'

/** What the test found, in words that a person can act on. */
export function TestReport({ report }: { readonly report: ConnectionReport | 'asking' | null }) {
  if (report === null) return null
  if (report === 'asking') {
    return (
      <p role="status" className="rounded border border-line-strong px-3 py-2 text-muted">
        Trying to connect…
      </p>
    )
  }
  if (!report.ok) {
    return (
      <div role="alert" className="rounded border border-red bg-red-wash px-3 py-2 text-red">
        <p className="font-medium">{report.trouble.message}</p>
        {report.trouble.hint && <p>{report.trouble.hint}</p>}
      </div>
    )
  }
  return (
    <div role="status" className="rounded border border-green bg-green-wash px-3 py-2 text-green">
      <p className="font-medium">{report.message}</p>
      {report.notices.map((notice) => (
        <p key={notice} className="text-amber">
          {notice}
        </p>
      ))}
    </div>
  )
}
