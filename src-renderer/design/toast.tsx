import { Toast as Base } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'

/** What happened, in one line, and at most one thing to do about it. */
export interface Notice {
  readonly title: string
  readonly detail?: string | undefined
  readonly tone?: 'neutral' | 'red'
  readonly action?: { readonly label: string; readonly perform: () => void }
}

const manager = Base.createToastManager()

export const showNotice = ({ title, detail, tone = 'neutral', action }: Notice): void => {
  manager.add({
    title,
    description: detail,
    type: tone,
    timeout: tone === 'red' ? 12_000 : 5_000,
    priority: tone === 'red' ? 'high' : 'low',
    ...(action && { actionProps: { children: action.label, onClick: action.perform } }),
  })
}

export function Notices({ children }: { readonly children: ReactNode }) {
  return (
    <Base.Provider toastManager={manager} limit={3}>
      {children}
      <Base.Portal>
        {/* Over the rail’s empty foot, above the runs: on the right they would lie over a dialog’s buttons. */}
        <Base.Viewport className="fixed bottom-17 left-2 z-50 flex w-54 flex-col gap-2">
          <NoticeList />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  )
}

function NoticeList() {
  const { toasts } = Base.useToastManager()
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      data-notice
      className={`rounded border bg-raised px-3 py-2 ${toast.type === 'red' ? 'border-red' : 'border-line-strong'}`}
    >
      <Base.Content className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <Base.Title className="font-medium" />
          <Base.Description className="whitespace-pre-line break-words text-12 text-muted" />
        </div>
        {toast.actionProps && (
          <Base.Action className="h-6 rounded border border-line-strong px-2 text-12 hover:bg-hover" />
        )}
        <Base.Close
          aria-label="Close"
          className="inline-flex size-6 items-center justify-center rounded text-muted hover:bg-hover"
        >
          <X size={13} aria-hidden />
        </Base.Close>
      </Base.Content>
    </Base.Root>
  ))
}
