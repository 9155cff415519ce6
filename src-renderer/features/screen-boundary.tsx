import { Component, type ReactNode } from 'react'
import { Button } from '../design/button'
import { EmptyState } from '../design/empty-state'

interface BoundaryProps {
  readonly children: ReactNode
}

/** A bug in one screen ends that screen, loudly, and leaves the window standing. */
export class ScreenBoundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <EmptyState
        title="This screen has a fault"
        tone="red"
        action={<Button onClick={() => this.setState({ error: null })}>Draw it again</Button>}
      >
        {error.message}
        {'\n\n'}Nothing in the broker was touched by it. The rest of the window goes on.
      </EmptyState>
    )
  }
}
