import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { json, jsonParseLinter } from '@codemirror/lang-json'
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentUnit } from '@codemirror/language'
import { linter } from '@codemirror/lint'
import { unifiedMergeView } from '@codemirror/merge'
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view'
import { codeTheme } from './code-theme'

export interface CodeOptions {
  readonly label: string
  readonly text: string
  readonly language: 'json' | 'text'
  readonly editable: boolean
  /** Shows what changed from this text to `text`. */
  readonly original?: string | undefined
  readonly onChange?: ((text: string) => void) | undefined
}

export interface CodeHandle {
  readonly text: () => string
  readonly replace: (text: string) => void
  readonly focus: () => void
  readonly search: () => void
  readonly destroy: () => void
}

/** Larger texts are shown without colours of syntax being checked for mistakes while typing. */
const lintAtMost = 500_000
/** The highlighter's tree is built by recursion; deeper text stays plain. */
const deepestColoured = 400

/**
 * An editor inside a shadow root: only there does CodeMirror use adopted style sheets, which the content security policy
 * allows, instead of <style> elements, which it refuses. The tokens are custom properties and reach inside.
 */
export function mountCode(host: HTMLElement, options: CodeOptions): CodeHandle {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const box = document.createElement('div')
  box.style.height = '100%'
  root.replaceChildren(box)
  const view = new EditorView({
    parent: box,
    root,
    state: EditorState.create({ doc: options.text, extensions: extensions(options) }),
  })
  return {
    text: () => view.state.doc.toString(),
    replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    focus: () => view.focus(),
    search: () => openSearchPanel(view),
    destroy: () => view.destroy(),
  }
}

function extensions({ label, text, language, editable, original, onChange }: CodeOptions): Extension[] {
  const coloured = language === 'json' && depthOf(text) <= deepestColoured
  return [
    codeTheme,
    lineNumbers(),
    drawSelection(),
    bracketMatching(),
    highlightSelectionMatches(),
    highlightSpecialChars({ addSpecialChars: hiding, render: (code) => specialMark(code) }),
    search({ top: true }),
    indentUnit.of('  '),
    EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
    coloured ? [json(), codeFolding(), foldGutter()] : [],
    language === 'text' ? EditorView.lineWrapping : [],
    editable
      ? [
          history(),
          typeOverSelection,
          keymap.of([indentWithTab, ...historyKeymap]),
          coloured && text.length <= lintAtMost ? linter(templateFriendlyLint) : [],
        ]
      : [EditorState.readOnly.of(true), EditorView.editable.of(false)],
    original === undefined
      ? []
      : unifiedMergeView({
          original,
          mergeControls: false,
          gutter: true,
          highlightChanges: true,
          collapseUnchanged: { margin: 2, minSize: 4 },
          diffConfig: { scanLimit: 50_000, timeout: 3_000 },
        }),
    keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap]),
    onChange
      ? EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString()))
      : [],
  ]
}

/**
 * Typed over a selection, Chromium would keep the style of what was there in a style attribute, which the content security
 * policy refuses and reports. The same change made by us has no style to keep.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || event.data === null || event.isComposing) return false
    if (view.state.selection.ranges.every((range) => range.empty)) return false
    event.preventDefault()
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true })
    return true
  },
})

/** Text with {{templates}} in it is JSON only after they are filled in; then the one who fills them judges it. */
const parseLint = jsonParseLinter()
const templateFriendlyLint: typeof parseLint = (view) =>
  view.state.doc.length === 0 || view.state.doc.toString().includes('{{') ? [] : parseLint(view)

/** What the editor would not mark by itself: everything that turns the direction, joins, or has no width. */
const hiding = /[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

function specialMark(code: number): HTMLElement {
  const mark = document.createElement('span')
  mark.className = 'cm-specialChar'
  mark.textContent =
    code < 0x20
      ? String.fromCodePoint(0x2400 + code)
      : code === 0x7f
        ? '␡'
        : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  mark.title = `Code point ${code}`
  mark.setAttribute('aria-label', `code point ${code}`)
  mark.setAttribute('role', 'img')
  return mark
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    // Bit 5 turns [ and ] into { and }: one test for both pairs.
    const code = text.charCodeAt(at) | 0x20
    if (code === 123) deepest = Math.max(deepest, ++depth)
    else if (code === 125) depth--
  }
  return deepest
}
