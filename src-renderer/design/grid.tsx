import type { ComponentProps } from 'react'

/*
 * The parts of a grid that is drawn with divs, since a <table> cannot be virtual. The grid holds the focus and names its
 * active row (aria-activedescendant): rows and cells are never focusable by themselves, and its keys do what a click does.
 */
type Part = ComponentProps<'div'>

// biome-ignore lint/a11y/useSemanticElements: see above
export const Grid = (props: Part) => <div role="grid" tabIndex={0} {...props} />

// biome-ignore lint/a11y/useSemanticElements: see above
export const GridBody = (props: Part) => <div role="rowgroup" {...props} />

// biome-ignore lint/a11y/useFocusableInteractive: see above
// biome-ignore lint/a11y/useSemanticElements: see above
export const GridRow = (props: Part) => <div role="row" {...props} />

// biome-ignore lint/a11y/useFocusableInteractive: see above
// biome-ignore lint/a11y/useSemanticElements: see above
export const GridCell = (props: Part) => <div role="gridcell" {...props} />

// biome-ignore lint/a11y/useFocusableInteractive: see above
// biome-ignore lint/a11y/useSemanticElements: see above
export const GridHead = (props: Part) => <div role="columnheader" {...props} />
