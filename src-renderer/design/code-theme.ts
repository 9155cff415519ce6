import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The editor in the window's own tokens, so that it follows the theme without being told. */
const look = EditorView.theme({
  '&': { height: '100%', fontSize: '12px', color: 'var(--ink)', backgroundColor: 'var(--canvas)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '18px' },
  '.cm-gutters': { backgroundColor: 'var(--canvas)', color: 'var(--faint)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'light-dark(#bcd5fb, #274872)',
  },
  '.cm-specialChar': { color: 'var(--red)', backgroundColor: 'var(--red-wash)' },
  '.cm-searchMatch': { backgroundColor: 'light-dark(#fbe3a6, #5a4513)' },
  '.cm-searchMatch-selected': { backgroundColor: 'light-dark(#f5c451, #8a6a1c)' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panel.cm-search': { padding: '4px 8px', fontFamily: 'var(--font-sans)', fontSize: '12px' },
  '.cm-textfield': {
    backgroundColor: 'var(--canvas)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    fontSize: '12px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    fontSize: '12px',
  },
  '.cm-panel.cm-search [name=close]': { color: 'var(--muted)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--sunken)', color: 'var(--muted)', border: '1px solid var(--line)' },
  '.cm-changedLine': { backgroundColor: 'transparent' },
  '.cm-deletedChunk': { backgroundColor: 'var(--red-wash)' },
  '&.cm-merge-a .cm-changedLine': { backgroundColor: 'var(--red-wash)' },
  '&.cm-merge-b .cm-changedLine': { backgroundColor: 'var(--green-wash)' },
  '&.cm-merge-a .cm-changedText': { background: 'light-dark(#f5b9b4, #6b2b27)' },
  // Named as exactly as the library names it, or its own red wins.
  '&.cm-editor .cm-deletedChunk .cm-deletedText': { background: 'light-dark(#fbd7d3, #6b2b27)' },
  '&.cm-merge-b .cm-changedText': { background: 'light-dark(#a9dcc0, #1f5537)' },
  '.cm-collapsedLines': { background: 'var(--surface)', color: 'var(--muted)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--red)' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)', color: 'var(--ink)' },
})

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--ink)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--green)' },
  { tag: tags.number, color: 'var(--blue)' },
  { tag: [tags.bool, tags.null], color: 'var(--violet)' },
  { tag: [tags.brace, tags.squareBracket, tags.separator, tags.punctuation], color: 'var(--muted)' },
])

export const codeTheme: Extension = [look, syntaxHighlighting(colours)]
